// Preloaded into a process that runs with --expose-gc: the question 'memory' is answered with the memory it holds.
process.on('message', (question) => {
  if (question !== 'memory') return;
  const rssBytes = process.memoryUsage.rss();
  globalThis.gc();
  globalThis.gc();
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  process.send({ rssBytes, rssAfterGcBytes: process.memoryUsage.rss(), peakRssBytes });
});
process.channel.unref();
