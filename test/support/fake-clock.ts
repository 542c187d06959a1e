export { virtualClock as fakeClock, type VirtualClock as FakeClock } from '../../src/kit/virtual-clock.ts';
