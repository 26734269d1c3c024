/** Tells changes that the plugin makes itself from those of shoppers and administrators. */
import { AsyncLocalStorage } from 'async_hooks';

const marker = new AsyncLocalStorage<true>();

/** Within it, the guards of carts let changes pass: whoever calls it has looked at the session's state. */
export function serverSide<T>(work: () => Promise<T>): Promise<T> {
    return marker.run(true, work);
}

export function isServerSide(): boolean {
    return marker.getStore() === true;
}
