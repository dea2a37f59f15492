// Loaded into the store's own thread by the benches (NODE_OPTIONS), and by nobody else: tells what that thread's heap holds
// after a collection, to whoever asks on the channel.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const channel = new BroadcastChannel('holdfast-bench-heap');
  channel.unref();
  channel.onmessage = ({ data }) => {
    if (data.ask !== 'heap') return;
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    channel.postMessage({ heapUsed, external });
  };
}
