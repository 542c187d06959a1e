/** What stands in the list of a chat: days, messages, albums as one; who said several things in a row has one tail. */
export function itemsOf(messages, personId, isGroup) {
  if (messages.length === 0) return [{ key: 'intro', intro: true }];
  const items = [];
  let day;
  for (const message of messages) {
    const date = new Date(message.atMs).toDateString();
    if (date !== day) items.push({ key: `day ${date}`, dayMs: new Date(date).getTime() });
    day = date;
    const before = items.at(-1);
    if (message.album !== undefined && before?.messages?.[0].album === message.album) before.messages.push(message);
    else items.push({ key: message.id, messages: [message], mine: message.userId === personId });
  }
  for (const [index, item] of items.entries()) {
    if (item.messages === undefined) continue;
    const sender = item.messages[0].userId;
    item.showName =
      isGroup && (items[index - 1].messages === undefined || items[index - 1].messages[0].userId !== sender);
    const next = items[index + 1]?.messages;
    item.tailed = next === undefined || next[0].userId !== sender;
  }
  return items;
}
