/**
 * Where Vendure asks before something happens: who a login is, which cart a request means, whether a cart
 * or an order may change.
 */
import {
    ActiveOrderStrategy, AuthenticationStrategy, Customer, idsAreEqual, Injector, Order, OrderInterceptor, OrderProcess, RequestContext,
    TransactionalConnection, User,
} from '@vendure/core';
import { DocumentNode } from 'graphql';
import { gql } from 'graphql-tag';

import { ENDED, LOCKED } from './carts.service';
import { isServerSide } from './server-side';
import { SessionsService, shownState, STRATEGY } from './sessions.service';

/** Login of a shopper whom the gateway sent. */
export class PunchoutAuthenticationStrategy implements AuthenticationStrategy<{ token: string }> {
    readonly name = STRATEGY;
    private sessions: SessionsService;

    init(injector: Injector): void {
        this.sessions = injector.get(SessionsService);
    }

    defineInputType(): DocumentNode {
        return gql`
            input PunchgateLoginInput {
                token: String!
            }
        `;
    }

    async authenticate(ctx: RequestContext, data: { token: string }): Promise<User | string> {
        const user = await this.sessions.redeem(ctx, data.token);
        // What this browser filled anonymously stays its own: Vendure would merge it into the cart.
        if (typeof user !== 'string' && ctx.session) ctx.session.activeOrderId = undefined;
        return user;
    }
}

/** In a punchout session the cart is the session's; everywhere else this strategy has no opinion. */
export class PunchoutActiveOrderStrategy implements ActiveOrderStrategy {
    readonly name = STRATEGY;
    private sessions: SessionsService;
    private connection: TransactionalConnection;

    init(injector: Injector): void {
        this.sessions = injector.get(SessionsService);
        this.connection = injector.get(TransactionalConnection);
    }

    async determineActiveOrder(ctx: RequestContext): Promise<Order | undefined> {
        const session = await this.sessions.entered(ctx);
        if (!session) return;
        const order = await this.connection.getRepository(ctx, Order).findOne({ where: { id: session.orderId } });
        return order ?? undefined;
    }
}

const WHY_NOT: Record<string, string> = {
    locked: 'This cart is being transferred to your procurement system.',
    returned: 'Your procurement system has this cart already.',
    cancelled: 'This session was cancelled.',
    expired: 'The time of this session is over. Please start again in your procurement system.',
};

/** Only the shopper of the session changes its cart, only while it is open, and never to look at. */
export class PunchoutOrderInterceptor implements OrderInterceptor {
    private sessions: SessionsService;

    init(injector: Injector): void {
        this.sessions = injector.get(SessionsService);
    }

    willAddItemToOrder(ctx: RequestContext, order: Order) {
        return this.objection(ctx, order);
    }

    willAdjustOrderLine(ctx: RequestContext, order: Order) {
        return this.objection(ctx, order);
    }

    willRemoveItemFromOrder(ctx: RequestContext, order: Order) {
        return this.objection(ctx, order);
    }

    private async objection(ctx: RequestContext, order: Order): Promise<string | undefined> {
        if (isServerSide()) return;
        const session = await this.sessions.ofOrder(ctx, order.id);
        if (!session) return;
        if (!ctx.activeUserId || !idsAreEqual(ctx.activeUserId, session.userId)) return 'This is the cart of a punchout session.';
        if (session.mode === 'inspect') return 'This cart can be looked at, not changed.';
        if (ctx.currencyCode !== order.currencyCode) return `This cart is in ${order.currencyCode}.`;
        const state = await this.sessions.claim(ctx, session);
        return state && (WHY_NOT[state] ?? `The cart is ${state}.`);
    }
}

const CLOSED = 'There is no checkout in punchout: transfer the cart, and your procurement system orders it.';

type PunchoutState = typeof LOCKED | typeof ENDED;

/** No checkout in punchout, no order of a customer on hold; orders on account are shipped before they are paid. */
export function punchoutOrderProcess(): OrderProcess<PunchoutState> {
    let sessions: SessionsService;
    let connection: TransactionalConnection;
    return {
        transitions: {
            Draft: { to: [LOCKED, ENDED], mergeStrategy: 'merge' },
            [LOCKED]: { to: ['Draft', ENDED] },
            [ENDED]: { to: [] },
            PaymentAuthorized: {
                to: ['PartiallyShipped', 'Shipped', 'PartiallyDelivered', 'Delivered'],
                mergeStrategy: 'merge',
            },
        } as OrderProcess<PunchoutState>['transitions'],

        init(injector: Injector): void {
            sessions = injector.get(SessionsService);
            connection = injector.get(TransactionalConnection);
        },

        async onTransitionStart(from, to, { ctx, order }): Promise<string | void> {
            const session = await sessions.ofOrder(ctx, order.id);
            if (session && !isServerSide()) {
                return to === 'ArrangingPayment' ? CLOSED : `The cart is ${shownState(session)}: only the gateway moves it.`;
            }
            if (!session && [from, to].some(state => state === LOCKED || state === ENDED)) {
                return 'Only carts of punchout sessions have this state.';
            }
            const id = order.customer?.id ?? order.customerId;
            if (to !== 'ArrangingPayment' || !id) return;
            const customer = await connection.getRepository(ctx, Customer).findOne({ where: { id } });
            return customer ? holdOf(customer) : undefined;
        },
    };
}

/** What a customer on hold is told; undefined if there is no hold. */
export function holdOf(customer: Customer): string | undefined {
    if (!customer.customFields?.punchoutHold) return;
    return customer.customFields.punchoutHoldMessage || 'This account is on hold. Please contact us.';
}
