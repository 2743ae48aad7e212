import { expect, test } from 'vitest';
import { BlockReader } from './sse';

test('events come whole, wherever the stream is cut', () => {
  const text = 'retry: 2000\nid: 4\nevent: ready\ndata: {"last_id":4}\n\n: heartbeat\n\nid: 5\nevent: report\ndata: a\ndata: b\n\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const reader = new BlockReader();
    const events = [...reader.take(text.slice(0, cut)), ...reader.take(text.slice(cut))];
    expect(events).toEqual([
      { id: '4', event: 'ready', data: '{"last_id":4}' }, { id: '', event: '', data: '' }, { id: '5', event: 'report', data: 'a\nb' }]);
  }
});
