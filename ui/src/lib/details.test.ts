import { expect, test } from 'vitest';
import { fieldsOf, openable, placeOf, placeText, webAddress } from './details';

test('an opened row is named in the address, and nothing else is', () => {
  expect(placeOf(placeText({ kind: 'Deployment', key: '6859b51e' }))).toEqual({ kind: 'deployment', key: '6859b51e' });
  for (const text of ['', 'deployment', 'deployment:', 'deployment:../x', 'run:6859 ', 'a:b:c']) expect(placeOf(text)).toBeNull();
});

test('only web addresses become links', () => {
  expect(webAddress('https://ci.example/1')).toBe('https://ci.example/1');
  for (const url of [undefined, '', 'javascript:alert(1)', 'data:text/html,x', '//x', ' https://x']) expect(webAddress(url)).toBeNull();
});

test('what is known is said and what is not is left out', () => {
  const fields = fieldsOf({ service: 'shop', started_at: '2026-01-05T10:00:00Z', finished_at: '2026-01-05T10:02:00Z' });
  expect(fields).toEqual([{ name: 'Service', text: 'shop' }, { name: 'Started', text: '', at: Date.parse('2026-01-05T10:00:00Z') },
    { name: 'Finished', text: '', at: Date.parse('2026-01-05T10:02:00Z') }, { name: 'Took', text: '2 min' }]);
});

test('rows that can be read by their key can be opened', () => {
  expect(openable({ key: 'a', type: 'deployment' })).toEqual({ kind: 'deployment', key: 'a' });
  expect(openable({ key: 'a', type: 'change' })).toBeNull();
});
