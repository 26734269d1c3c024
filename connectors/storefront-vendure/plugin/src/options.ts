/** What a shop tells the plugin, and what of it cannot be right. */

export interface PunchgateOptions {
    /** Signs one-time logins. At least 32 characters, random, known to this shop alone. */
    loginSecret: string;
    /** Address of this server as browsers see it, without a path: `https://shop.example`. */
    publicUrl: string;
    /**
     * Page of the storefront that takes a login from the fragment `#punchout=…`.
     * Default: the plain storefront that the plugin serves itself.
     */
    storefrontUrl?: string;
    /** Seconds in which a login can be used: at most 300. */
    loginSeconds?: number;
    /** Code of the shipping method of carts and purchase orders. Carts without it state no freight. */
    shippingMethod?: string;
    /** Who says what the freight of a purchase order costs: itself (none, if it states none), or the shop's method. */
    orderShipping?: 'purchase-order' | 'shop';
    /** Code of the payment method of purchase orders, whose handler is `punchgate-purchase-order`. */
    paymentMethod?: string;
    /** Who may show the plugin's own pages in a frame: sources of a Content-Security-Policy. */
    frameAncestors?: string;
    /** Further mutations of the Shop API that are open in a punchout session, such as the shop's own. */
    allowedMutations?: string[];
    /** Days for which sessions and their carts are kept after their end: at least 1, 0 for tests. */
    keepDays?: number;
    /** Where events go. */
    webhook?: WebhookOptions;
}

export interface WebhookOptions {
    url: string;
    /** `whsec_` and the base64 of 24 to 64 random bytes. */
    secret: string;
    /** Signs too, during a rotation. */
    previousSecret?: string;
}

export type ResolvedOptions = Required<Omit<PunchgateOptions, 'shippingMethod' | 'webhook'>> &
    Pick<PunchgateOptions, 'shippingMethod' | 'webhook'>;

export const OPTIONS = Symbol('punchgate options');

const LONGEST_LOGIN = 300;

export function resolveOptions(options: PunchgateOptions): ResolvedOptions {
    if ((options.loginSecret ?? '').length < 32) {
        throw new Error('Punchgate: loginSecret needs at least 32 random characters');
    }
    const publicUrl = webAddress('publicUrl', options.publicUrl).origin;
    const loginSeconds = options.loginSeconds ?? 120;
    if (!Number.isInteger(loginSeconds) || loginSeconds < 1 || loginSeconds > LONGEST_LOGIN) {
        throw new Error(`Punchgate: loginSeconds is a whole number from 1 to ${LONGEST_LOGIN}`);
    }
    const keepDays = options.keepDays ?? 30;
    if (!Number.isInteger(keepDays) || keepDays < 0) {
        throw new Error('Punchgate: keepDays is a whole number of days');
    }
    const orderShipping = options.orderShipping ?? 'purchase-order';
    if (!['purchase-order', 'shop'].includes(orderShipping)) {
        throw new Error(`Punchgate: orderShipping is 'purchase-order' or 'shop'`);
    }
    const storefrontUrl = webAddress('storefrontUrl', options.storefrontUrl ?? `${publicUrl}/punchout/shop`);
    if (storefrontUrl.hash) {
        throw new Error('Punchgate: storefrontUrl has a fragment, which is where the login goes');
    }
    if (options.webhook) webAddress('webhook.url', options.webhook.url);
    return {
        ...options,
        publicUrl,
        loginSeconds,
        keepDays,
        orderShipping,
        allowedMutations: options.allowedMutations ?? [],
        storefrontUrl: storefrontUrl.toString(),
        paymentMethod: options.paymentMethod ?? 'purchase-order',
        frameAncestors: options.frameAncestors ?? '*',
    };
}

function webAddress(name: string, text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !['http:', 'https:'].includes(url.protocol)) {
        throw new Error(`Punchgate: ${name} '${text}' is not an address such as https://shop.example`);
    }
    return url;
}
