// Preloaded into a process that runs with --expose-gc: answers how much memory it holds, and what processor time it used.
process.on('message', (question) => {
  if (question === 'processor') {
    const { user, system } = process.cpuUsage();
    process.send({ processorMs: (user + system) / 1000 });
    return;
  }
  if (question !== 'memory') return;
  const rssBytes = process.memoryUsage.rss();
  globalThis.gc();
  globalThis.gc();
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  process.send({ rssBytes, rssAfterGcBytes: process.memoryUsage.rss(), peakRssBytes });
});
process.channel.unref();
