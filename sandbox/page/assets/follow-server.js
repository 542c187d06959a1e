/** How long a choice may wait, after the server has taken it, until the event stream says the same. */
const patienceMs = 2000;

/**
 * Lets a switch or a list of choices show what the server says, but keep what a person has just chosen: a patch that was
 * sent before the choice arrived would take it back for a moment.
 *
 * @param control An input or select.
 * @param property The property that holds its value: `checked` or `value`.
 * @param send Sends the choice; resolves to undefined when the server did not take it.
 * @returns Shows a value that the server says.
 */
export function followServer(control, property, send) {
  let said = control[property];
  let choices = 0;
  let isOpen = false;

  function close() {
    isOpen = false;
    control[property] = said;
  }

  control.addEventListener('change', async () => {
    isOpen = true;
    const choice = ++choices;
    const isTaken = (await send(control[property])) !== undefined;
    const closeIfLast = () => {
      if (isOpen && choice === choices) close();
    };
    if (isTaken) setTimeout(closeIfLast, patienceMs);
    else closeIfLast();
  });

  return (value) => {
    said = value;
    if (isOpen && value !== control[property]) return;
    close();
  };
}
