/**
 * Carts of punchout sessions. A cart is an order in Vendure's state `Draft`: it can be filled, but is no
 * customer's active order, so it never mixes with what somebody shops under the same account.
 */
import { Inject, Injectable } from '@nestjs/common';
import {
    ConfigService, CountryService, Customer, EntityRelationPaths, idsAreEqual, isGraphQlErrorResult, Logger, Order, OrderLine, OrderService, ProductVariant,
    ProductVariantService, RequestContext, ShippingMethod, TransactionalConnection, TranslatorService,
} from '@vendure/core';

import { wholeQuantity } from './amounts';
import { DEFAULT_UNIT } from './custom-fields';
import { PunchoutSession, SessionState } from './entities';
import { OPTIONS, ResolvedOptions } from './options';
import { PunchoutProblem } from './problem';
import { AddressInput, Cart, CartLine, FillLineInput, RefusedLine } from './schema-types';
import { serverSide } from './server-side';

/** Vendure's states for what a session's state makes of its cart. */
export const LOCKED = 'PunchoutLocked';
export const ENDED = 'PunchoutEnded';

const ORDER_STATES: Record<SessionState, string> = { open: 'Draft', locked: LOCKED, returned: ENDED, cancelled: ENDED };

const RELATIONS: EntityRelationPaths<Order>[] = ['lines', 'lines.productVariant', 'lines.productVariant.productVariantPrices', 'lines.featuredAsset', 'shippingLines', 'shippingLines.shippingMethod', 'surcharges', 'customer', 'customer.groups'];

@Injectable()
export class CartsService {
    constructor(
        private connection: TransactionalConnection,
        private orders: OrderService,
        private variants: ProductVariantService,
        private countries: CountryService,
        private config: ConfigService,
        private translator: TranslatorService,
        @Inject(OPTIONS) private options: ResolvedOptions,
    ) {}

    get decimals(): number {
        return this.config.entityOptions.moneyStrategy.precision ?? 2;
    }

    async create(ctx: RequestContext, customer: Customer, shipTo?: AddressInput): Promise<Order> {
        const order = await this.orders.createDraft(ctx);
        await this.orders.addCustomerToOrder(ctx, order.id, customer);
        const address = await this.address(ctx, shipTo);
        if (address) await this.orders.setShippingAddress(ctx, order.id, address);
        return order;
    }

    /** An address as Vendure takes it; none if its country is none of the shop's. */
    async address(ctx: RequestContext, input?: AddressInput | null) {
        if (!input?.country) return;
        const code = input.country.toUpperCase();
        if (!(await this.countries.findAll(ctx, { filter: { code: { eq: code }, enabled: { eq: true } } })).totalItems) {
            Logger.verbose(`address in ${code}, which is no country of this shop`, 'Punchgate');
            return;
        }
        return {
            fullName: input.name ?? '',
            company: input.company ?? '',
            streetLine1: input.street[0] ?? '',
            streetLine2: input.street.slice(1).join(', '),
            city: input.city ?? '',
            province: input.region ?? '',
            postalCode: input.postalCode ?? '',
            countryCode: code,
            phoneNumber: input.phone ?? '',
        };
    }

    /** Replaces all lines. A line that cannot be taken as it is, is refused alone. */
    async replace(ctx: RequestContext, session: PunchoutSession, lines: FillLineInput[]): Promise<RefusedLine[]> {
        return serverSide(async () => {
            await this.orders.removeAllItemsFromOrder(ctx, session.orderId);
            const refused: RefusedLine[] = [];
            for (const line of lines) {
                const refusal = await this.put(ctx, session, line);
                if (refusal) refused.push({ line: line.line, ...refusal });
            }
            return refused;
        });
    }

    /** Puts one line in, whole or not at all. */
    private async put(ctx: RequestContext, session: PunchoutSession, line: FillLineInput): Promise<Omit<RefusedLine, 'line'> | undefined> {
        const variant = await this.variant(ctx, line.sku);
        if (!variant) return { code: 'unknown_part', message: `There is no part '${line.sku}'.` };
        const unit = unitOf(variant);
        if (line.unit && line.unit !== unit) {
            return { code: 'unit', message: `'${line.sku}' is sold in ${unit}, not in ${line.unit}.` };
        }
        const quantity = wholeQuantity(line.quantity);
        if (!quantity) return { code: 'quantity', message: `${line.quantity} is no whole number greater than zero.` };
        const order = await this.order(ctx, session);
        const taken = order.lines.filter(other => idsAreEqual(other.productVariantId, variant.id)).reduce((sum, other) => sum + other.quantity, 0);
        // Vendure would take what it has and drop the rest.
        const available = await this.variants.getSaleableStockLevel(ctx, variant);
        if (available < taken + quantity) {
            return { code: 'not_available', message: `Of '${line.sku}' ${Math.max(available - taken, 0)} are available.` };
        }
        const fields = line.auxiliaryId ? { punchoutAuxiliaryId: line.auxiliaryId } : undefined;
        const result = await this.orders.addItemToOrder(ctx, session.orderId, variant.id, quantity, fields);
        if (!isGraphQlErrorResult(result)) return;
        const said = 'interceptorError' in result ? result.interceptorError : result.message;
        const isLimit = result.__typename === 'OrderLimitError';
        return { code: isLimit ? 'quantity' : 'not_available', message: String(said) };
    }

    /** What can be sold under this number in the channel. */
    async variant(ctx: RequestContext, sku: string): Promise<ProductVariant | undefined> {
        const found = await this.connection
            .getRepository(ctx, ProductVariant)
            .createQueryBuilder('variant')
            .innerJoin('variant.channels', 'channel', 'channel.id = :channelId', { channelId: ctx.channelId })
            .innerJoin('variant.product', 'product')
            .where('variant.sku = :sku', { sku })
            .andWhere('variant.enabled = :yes AND product.enabled = :yes', { yes: true })
            .andWhere('variant.deletedAt IS NULL AND product.deletedAt IS NULL')
            .orderBy('variant.id')
            .getOne();
        return found ? this.variants.findOne(ctx, found.id) : undefined;
    }

    async order(ctx: RequestContext, session: PunchoutSession): Promise<Order> {
        const order = await this.orders.findOne(ctx, session.orderId, RELATIONS);
        if (!order) throw new PunchoutProblem('CONFLICT', 'cart_lost', 'Somebody deleted the cart in the shop.');
        return order;
    }

    /** The order of a session that is forgotten. */
    async remove(ctx: RequestContext, session: PunchoutSession): Promise<void> {
        const order = await this.orders.findOne(ctx, session.orderId);
        if (order) await this.orders.deleteOrder(ctx, order);
    }

    /** Brings the cart into the state of its session. */
    async follow(ctx: RequestContext, session: PunchoutSession, state: SessionState): Promise<void> {
        await serverSide(async () => {
            if (state === 'locked') await this.price(ctx, session);
            const result = await this.orders.transitionToState(ctx, session.orderId, ORDER_STATES[state] as never);
            if (isGraphQlErrorResult(result)) throw new PunchoutProblem('CONFLICT', 'cart_state', result.transitionError);
        });
    }

    /** Before a cart is handed over: freight, and every price as it is now. */
    private async price(ctx: RequestContext, session: PunchoutSession): Promise<void> {
        const order = await this.order(ctx, session);
        const method = this.options.shippingMethod;
        if (method && order.lines.length > 0 && order.shippingLines.length === 0) {
            const found = await this.shippingMethod(ctx, method);
            // A method that is not eligible for this cart: freight stays unknown.
            if (found) await this.orders.setShippingMethod(ctx, order.id, [found.id]);
        }
        const present = await this.order(ctx, session);
        await this.orders.applyPriceAdjustments(ctx, present, present.lines);
    }

    async shippingMethod(ctx: RequestContext, code: string): Promise<ShippingMethod | undefined> {
        const found = await this.connection
            .getRepository(ctx, ShippingMethod)
            .createQueryBuilder('method')
            .innerJoin('method.channels', 'channel', 'channel.id = :channelId', { channelId: ctx.channelId })
            .where('method.code = :code AND method.deletedAt IS NULL', { code })
            .getOne();
        return found ?? undefined;
    }

    /** The cart as it is; every amount is net and the server's own. */
    async read(ctx: RequestContext, session: PunchoutSession, state: string, refused: RefusedLine[]): Promise<Cart> {
        const order = await this.order(ctx, session);
        const shipping = order.shippingLines[0];
        const method = shipping?.shippingMethod && this.translator.translate(shipping.shippingMethod, ctx);
        return {
            id: session.code,
            session: session.key,
            mode: session.mode,
            state,
            revision: session.revision,
            currency: order.currencyCode,
            decimals: this.decimals,
            language: ctx.languageCode,
            lines: inOrder(order.lines).map(line => cartLine(order, line)),
            subTotal: order.subTotal,
            shipping: shipping ? order.shipping : null,
            shippingName: method?.name ?? null,
            // Without an address Vendure taxes as for its default zone: not known yet, rather than wrong.
            tax: order.shippingAddress?.countryCode ? order.totalWithTax - order.total : null,
            refused,
        };
    }
}

export function unitOf(variant: ProductVariant): string {
    return variant.customFields?.punchoutUnit || DEFAULT_UNIT;
}

/** As they were put in: some databases keep times in whole seconds, by which Vendure sorts. */
function inOrder(lines: OrderLine[]): OrderLine[] {
    const place = (line: OrderLine) => (Number.isFinite(Number(line.id)) ? Number(line.id) : line.createdAt.getTime());
    return lines.filter(line => line.quantity > 0).sort((one, other) => place(one) - place(other));
}

function cartLine(order: Order, line: OrderLine): CartLine {
    const variant = line.productVariant;
    const fields = variant.customFields;
    const preview = line.featuredAsset?.preview ?? '';
    return {
        // The order's code makes it unlike any key that came from elsewhere.
        auxiliaryId: line.customFields?.punchoutAuxiliaryId || `${order.code}-${line.id}`,
        sku: variant.sku,
        name: variant.name,
        quantity: line.quantity,
        unit: unitOf(variant),
        unitPrice: line.proratedUnitPrice,
        linePrice: line.proratedLinePrice,
        unspsc: fields?.punchoutUnspsc || null,
        manufacturer: fields?.punchoutManufacturer || null,
        manufacturerPartId: fields?.punchoutManufacturerPartId || null,
        leadTimeDays: fields?.punchoutLeadTimeDays ?? null,
        imageUrl: /^https?:/.test(preview) ? preview : null,
    };
}
