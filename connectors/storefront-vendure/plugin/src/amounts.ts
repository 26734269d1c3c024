/** Texts of amounts and quantities ↔ the whole numbers that Vendure counts in. Pure; nothing is rounded. */

const DECIMAL = /^(\d{1,18})(?:\.(\d{1,12}))?$/;
/** GraphQL's Int, in which Vendure counts. */
const LARGEST_QUANTITY = 2 ** 31 - 1;

/** A whole quantity greater than zero; undefined if it is none. */
export function wholeQuantity(text: string): number | undefined {
    const parts = DECIMAL.exec(text);
    if (!parts || /[1-9]/.test(parts[2] ?? '')) return undefined;
    const quantity = Number(parts[1]);
    return quantity >= 1 && quantity <= LARGEST_QUANTITY ? quantity : undefined;
}

/**
 * The price of one unit in minor units, from an amount for `basis` units; undefined if that is not exact:
 * 12.4 with two decimals is 1240, 0.0125 has no such number, 1 for 3 units neither.
 */
export function minorUnits(amount: string, basis: string, decimals: number): number | undefined {
    const price = fraction(amount);
    const per = fraction(basis);
    if (!price || !per || per.digits === 0n) return undefined;
    const numerator = price.digits * 10n ** BigInt(per.scale + decimals);
    const denominator = per.digits * 10n ** BigInt(price.scale);
    if (numerator % denominator !== 0n) return undefined;
    const minor = Number(numerator / denominator);
    return Number.isSafeInteger(minor) ? minor : undefined;
}

/** An amount for people: 1240 with two decimals is `12.40`. */
export function amountText(minor: number, decimals: number): string {
    const digits = String(Math.abs(minor)).padStart(decimals + 1, '0');
    const whole = (minor < 0 ? '-' : '') + digits.slice(0, digits.length - decimals);
    return decimals > 0 ? `${whole}.${digits.slice(-decimals)}` : whole;
}

function fraction(text: string): { digits: bigint; scale: number } | undefined {
    const parts = DECIMAL.exec(text);
    if (!parts) return undefined;
    const decimals = parts[2] ?? '';
    return { digits: BigInt(parts[1] + decimals), scale: decimals.length };
}
