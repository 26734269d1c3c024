/** Purchase orders: placed once a reference, on account, at the prices of the purchase order. */
import { Inject, Injectable } from '@nestjs/common';
import {
    EntityRelationPaths, FulfillmentLine, ID, idsAreEqual, isGraphQlErrorResult, Order, OrderService, RequestContext, TransactionalConnection,
} from '@vendure/core';

import { amountText, minorUnits, wholeQuantity } from './amounts';
import { CartsService, unitOf } from './carts.service';
import { holdOf } from './guards';
import { OPTIONS, ResolvedOptions } from './options';
import { PunchoutProblem } from './problem';
import { Cancellation, OrderLineInput, PlacedOrder, Placement, PlaceInput } from './schema-types';
import { serverSide } from './server-side';
import { SessionsService } from './sessions.service';

/** An order is refused; everything that was written of it is undone. */
class Refusal extends Error {
    constructor(
        readonly code: string,
        message: string,
        readonly field: string | null = null,
    ) {
        super(message);
    }
}

const RELATIONS: EntityRelationPaths<Order>[] = [
    'lines', 'lines.productVariant', 'customer', 'payments', 'fulfillments', 'fulfillments.lines',
];
const GONE_OUT = ['Shipped', 'Delivered'];

@Injectable()
export class OrdersService {
    constructor(
        private connection: TransactionalConnection,
        private orders: OrderService,
        private sessions: SessionsService,
        private carts: CartsService,
        @Inject(OPTIONS) private options: ResolvedOptions,
    ) {}

    /** Places an order, or answers the one that has this reference. Must not run in a transaction of the caller. */
    async place(ctx: RequestContext, input: PlaceInput): Promise<Placement> {
        const before = await this.find(ctx, input.reference);
        if (before.length > 0) return existing(before[0]);
        try {
            const id = await this.connection.withTransaction(ctx, tx => serverSide(() => this.create(tx, input)));
            return { outcome: 'created', order: await this.byId(ctx, id), code: null, message: null, field: null };
        } catch (error) {
            // Of two at the same time the reference's unique index lets one through.
            const meanwhile = await this.find(ctx, input.reference);
            if (meanwhile.length > 0) return existing(meanwhile[0]);
            if (error instanceof Refusal) {
                const { code, message, field } = error;
                return { outcome: 'rejected', order: null, code, message, field };
            }
            throw error;
        }
    }

    async find(ctx: RequestContext, reference: string): Promise<PlacedOrder[]> {
        const found = await this.connection
            .getRepository(ctx, Order)
            .createQueryBuilder('order')
            .innerJoin('order.channels', 'channel', 'channel.id = :channelId', { channelId: ctx.channelId })
            .where('order.customFields.punchoutReference = :reference', { reference })
            .orderBy('order.id')
            .getMany();
        const orders = await Promise.all(found.map(order => this.byId(ctx, order.id)));
        return orders.filter(order => order !== null);
    }

    /** One of the gateway's orders; null if there is none. */
    async byId(ctx: RequestContext, id: ID): Promise<PlacedOrder | null> {
        const order = await this.orders.findOne(ctx, id, RELATIONS);
        return order?.customFields?.punchoutReference ? placedOrder(order, this.carts.decimals) : null;
    }

    /** Cancels a whole order of which nothing was fulfilled or paid. Must not run in a transaction of the caller. */
    async cancel(ctx: RequestContext, reference: string, reason?: string): Promise<Cancellation> {
        const [order] = await this.find(ctx, reference);
        if (!order) return { outcome: 'unknown', order: null, code: null, message: null };
        try {
            await this.connection.withTransaction(ctx, tx => serverSide(() => this.annul(tx, order.id, reason)));
            return { outcome: 'cancelled', order: await this.byId(ctx, order.id), code: null, message: null };
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            return { outcome: 'rejected', order: await this.byId(ctx, order.id), code: error.code, message: error.message };
        }
    }

    private async annul(ctx: RequestContext, id: ID, reason?: string): Promise<void> {
        // Holds the order's row: whoever cancels at the same time waits, and then finds it cancelled.
        await this.connection.getRepository(ctx, Order).update({ id }, { updatedAt: new Date() });
        const order = await this.orders.findOne(ctx, id, RELATIONS);
        if (!order || order.state === 'Cancelled') return;
        if (order.fulfillments.some(fulfillment => fulfillment.state !== 'Cancelled')) {
            throw new Refusal('fulfilled', `Of order ${order.code} something is packed or shipped already.`);
        }
        if (order.payments.some(payment => payment.state === 'Settled')) {
            throw new Refusal('paid', `Order ${order.code} is paid already.`);
        }
        const result = await this.orders.cancelOrder(ctx, { orderId: id, reason, cancelShipping: true });
        if (isGraphQlErrorResult(result)) {
            throw new Refusal('other', String('transitionError' in result ? result.transitionError : result.message));
        }
        for (const payment of order.payments.filter(payment => payment.state === 'Authorized')) {
            const cancelled = await this.orders.cancelPayment(ctx, payment.id);
            if (isGraphQlErrorResult(cancelled)) throw new Refusal('other', String(cancelled.message));
        }
    }

    private async create(ctx: RequestContext, input: PlaceInput): Promise<ID> {
        const customer = await this.sessions.account(ctx, input.account).catch((error: unknown) => {
            throw error instanceof PunchoutProblem ? new Refusal('customer', error.message, 'account') : error;
        });
        const hold = holdOf(customer);
        if (hold) throw new Refusal('hold', hold);
        const draft = await this.orders.createDraft(ctx);
        // First of all: whoever has the same reference waits here, or fails.
        await this.orders.updateCustomFields(ctx, draft.id, {
            punchoutReference: input.reference,
            punchoutNumber: input.number,
            punchoutTerms: input.terms ?? null,
            punchoutTest: input.test,
        });
        if (draft.currencyCode !== input.currency) {
            throw new Refusal('price', `This shop sells in ${draft.currencyCode}, not in ${input.currency}.`, 'currency');
        }
        await this.orders.addCustomerToOrder(ctx, draft.id, customer);
        await this.addresses(ctx, draft.id, input);
        let total = 0;
        for (const [index, line] of input.lines.entries()) total += await this.line(ctx, draft.id, line, `lines[${index}]`);
        await this.note(ctx, draft.id, input);
        const freight = await this.freight(ctx, draft.id, input);
        await this.compare(ctx, draft.id, total, freight);
        if (!input.test) await this.book(ctx, draft.id, input);
        return draft.id;
    }

    /** Adds a line; answers what it comes to. */
    private async line(ctx: RequestContext, orderId: ID, line: OrderLineInput, field: string): Promise<number> {
        const variant = await this.carts.variant(ctx, line.sku);
        if (!variant) throw new Refusal('item', `There is no part '${line.sku}'.`, `${field}.sku`);
        const unit = unitOf(variant);
        if (line.unit !== unit) {
            throw new Refusal('item', `'${line.sku}' is sold in ${unit}, not in ${line.unit}.`, `${field}.unit`);
        }
        const quantity = wholeQuantity(line.quantity);
        if (!quantity) {
            throw new Refusal('item', `${line.quantity} is no whole number greater than zero.`, `${field}.quantity`);
        }
        const price = minorUnits(line.unitPrice, line.priceBasis ?? '1', this.carts.decimals);
        if (price === undefined) {
            const message = `${line.unitPrice} for ${line.priceBasis ?? '1'} has more decimals than the shop keeps.`;
            throw new Refusal('price', message, `${field}.unitPrice`);
        }
        const result = await this.orders.addItemToOrder(ctx, orderId, variant.id, quantity, {
            punchoutAuxiliaryId: line.auxiliaryId ?? null,
            punchoutLine: line.line,
            punchoutUnitPrice: price,
        });
        if (isGraphQlErrorResult(result)) {
            const said = 'interceptorError' in result ? result.interceptorError : result.message;
            throw new Refusal('item', `'${line.sku}': ${said}`, field);
        }
        return price * quantity;
    }

    private async addresses(ctx: RequestContext, orderId: ID, input: PlaceInput): Promise<void> {
        const shipTo = await this.carts.address(ctx, input.shipTo);
        if (!shipTo && input.shipTo?.country) {
            throw new Refusal('address', `The shop does not ship to ${input.shipTo.country}.`, 'shipTo.country');
        }
        if (shipTo) await this.orders.setShippingAddress(ctx, orderId, shipTo);
        const billTo = await this.carts.address(ctx, input.billTo);
        if (billTo) await this.orders.setBillingAddress(ctx, orderId, billTo);
    }

    private async note(ctx: RequestContext, orderId: ID, input: PlaceInput): Promise<void> {
        const note = input.comments.join('\n').trim();
        if (note) await this.orders.addNoteToOrder(ctx, { id: orderId, isPublic: false, note });
    }

    /** How it is shipped, for what the purchase order states; answers that, or nothing where freight is the shop's to price. */
    private async freight(ctx: RequestContext, orderId: ID, input: PlaceInput): Promise<number | undefined> {
        const stated = this.options.orderShipping === 'shop' ? undefined : this.statedFreight(input);
        const eligible = await this.orders.getEligibleShippingMethods(ctx, orderId);
        const wanted = this.options.shippingMethod;
        const method = wanted
            ? eligible.find(quote => quote.code === wanted)
            : (eligible.find(quote => quote.price === stated) ?? eligible[0]);
        if (!method) throw new Refusal('address', 'No shipping method fits this order.', 'shipTo');
        // Not before the choice, which goes by what the shop asks: from here on every method costs what is agreed.
        if (stated !== undefined) await this.orders.updateCustomFields(ctx, orderId, { punchoutFreight: stated });
        const result = await this.orders.setShippingMethod(ctx, orderId, [method.id]);
        if (isGraphQlErrorResult(result)) throw new Refusal('address', String(result.message), 'shipTo');
        return stated;
    }

    private statedFreight(input: PlaceInput): number {
        const freight = minorUnits(input.freight, '1', this.carts.decimals);
        if (freight !== undefined) return freight;
        throw new Refusal('price', `Freight of ${input.freight} has more decimals than the shop keeps.`, 'freight');
    }

    /** What is booked is what was ordered: nothing of the shop's own came in between. */
    private async compare(ctx: RequestContext, orderId: ID, total: number, freight: number | undefined): Promise<void> {
        const order = await this.orders.findOne(ctx, orderId);
        const text = (minor: number) => `${amountText(minor, this.carts.decimals)} ${order?.currencyCode}`;
        if (order?.subTotal !== total) {
            const message = `By promotions or surcharges of the shop the order comes to ${text(order?.subTotal ?? 0)}, not to ${text(total)}.`;
            throw new Refusal('price', message);
        }
        if (freight !== undefined && order.shipping !== freight) {
            const message = `By promotions or calculators of the shop freight comes to ${text(order.shipping)}, not to ${text(freight)}.`;
            throw new Refusal('price', message, 'freight');
        }
    }

    /** From draft to an order on account: authorised, not paid. */
    private async book(ctx: RequestContext, orderId: ID, input: PlaceInput): Promise<void> {
        const arranged = await this.orders.transitionToState(ctx, orderId, 'ArrangingPayment');
        if (isGraphQlErrorResult(arranged)) throw new Refusal('other', arranged.transitionError);
        const paid = await this.orders.addPaymentToOrder(ctx, orderId, {
            method: this.options.paymentMethod,
            metadata: { number: input.number },
        });
        if (isGraphQlErrorResult(paid)) {
            const said = 'paymentErrorMessage' in paid ? paid.paymentErrorMessage : paid.message;
            throw new Refusal('other', String(said));
        }
        if (paid.state !== 'PaymentAuthorized') {
            throw new Refusal('other', `Booked on account, the order would be ${paid.state}.`);
        }
    }
}

function existing(order: PlacedOrder): Placement {
    return { outcome: 'existing', order, code: null, message: null, field: null };
}

/** Quantities are those of fulfilment lines: the state of an order says nothing of how much. */
function placedOrder(order: Order, decimals: number): PlacedOrder {
    const gone: FulfillmentLine[] = order.fulfillments
        .filter(fulfillment => GONE_OUT.includes(fulfillment.state))
        .flatMap(fulfillment => fulfillment.lines);
    return {
        id: order.id,
        code: order.code,
        reference: order.customFields.punchoutReference ?? '',
        number: order.customFields.punchoutNumber,
        account: order.customer?.customFields?.punchoutAccount ?? null,
        state: order.state,
        createdAt: order.createdAt.toISOString(),
        currency: order.currencyCode,
        decimals,
        subTotal: order.subTotal,
        payment: paymentState(order),
        lines: order.lines.map((line, index) => {
            const ordered = line.orderPlacedQuantity || line.quantity;
            const shipped = gone.filter(part => idsAreEqual(part.orderLineId, line.id)).reduce((sum, part) => sum + part.quantity, 0);
            return {
                line: line.customFields?.punchoutLine ?? index + 1,
                sku: line.productVariant.sku,
                unit: unitOf(line.productVariant),
                ordered,
                shipped,
                cancelled: ordered - line.quantity,
            };
        }),
    };
}

function paymentState(order: Order): PlacedOrder['payment'] {
    const sum = (state: string) =>
        order.payments.filter(payment => payment.state === state).reduce((total, payment) => total + payment.amount, 0);
    const settled = sum('Settled');
    if (settled > 0 && settled >= order.totalWithTax) return 'paid';
    return settled > 0 || sum('Authorized') > 0 ? 'authorised' : 'none';
}
