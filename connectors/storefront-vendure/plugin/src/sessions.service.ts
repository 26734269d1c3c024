/** Punchout sessions: who opens, enters, locks and ends them. What is in their carts is `carts.service`'s. */
import { Inject, Injectable } from '@nestjs/common';
import {
    Customer, ExternalAuthenticationMethod, ID, idsAreEqual, OrderService, RequestContext, RoleService, SessionService, TransactionalConnection, User,
} from '@vendure/core';
import { randomUUID } from 'crypto';

import { CartsService } from './carts.service';
import { Notice, PunchoutLogin, PunchoutSession, SessionMode, SessionState } from './entities';
import { readLogin, signLogin } from './login-token';
import { OPTIONS, ResolvedOptions } from './options';
import { PunchoutProblem } from './problem';
import { AddressInput, FillLineInput, RefusedLine } from './schema-types';
import { serverSide } from './server-side';

/** Name of the login in the Shop API: `authenticate(input: { punchgate: { token } })`. */
export const STRATEGY = 'punchgate';

export interface OpenInput {
    key: string;
    mode: SessionMode;
    account: string;
    shopper?: string;
    items: FillLineInput[];
    selectedPart?: string;
    shipTo?: AddressInput;
    notices: Notice[];
    returnUrl: string;
    cancelUrl: string;
    expiresAt: string;
}

export interface Opened {
    id: string;
    loginUrl: string;
    loginExpiresAt: string;
    refused: RefusedLine[];
}

/** Some databases end a text here. */
const LONGEST_NAME = 200;

/** A state, or that the time of an open one is over. */
export type ShownState = SessionState | 'expired';

/** From where a session can be moved where; a move to the state in which it is changes nothing. */
const MOVES: Record<SessionState, SessionState[]> = {
    open: ['locked'],
    locked: ['open'],
    returned: ['open', 'locked'],
    cancelled: ['open', 'locked'],
};

@Injectable()
export class SessionsService {
    constructor(
        private connection: TransactionalConnection,
        private orders: OrderService,
        private roles: RoleService,
        private carts: CartsService,
        private browsers: SessionService,
        @Inject(OPTIONS) private options: ResolvedOptions,
    ) {}

    /**
     * Opens a session, or makes a new login for the one that this key opened; earlier unused logins end.
     * Must not run in a transaction of the caller: of two with the same key at once, the later one looks again.
     */
    async open(ctx: RequestContext, input: OpenInput): Promise<Opened> {
        const attempt = () => this.connection.withTransaction(ctx, tx => this.openOnce(tx, input));
        try {
            return await attempt();
        } catch (error) {
            const meanwhile = await this.repository(ctx).findOne({ where: { key: input.key } });
            if (!meanwhile || error instanceof PunchoutProblem) throw error;
            return attempt();
        }
    }

    private async openOnce(ctx: RequestContext, input: OpenInput): Promise<Opened> {
        const known = await this.repository(ctx).findOne({ where: { key: input.key } });
        if (known) {
            const state = shownState(known);
            if (!idsAreEqual(known.channelId, ctx.channelId) || (state !== 'open' && state !== 'locked')) {
                throw new PunchoutProblem('CONFLICT', 'session_closed', `The session is ${state}.`);
            }
            return { ...(await this.login(ctx, known)), refused: [] };
        }
        const customer = await this.account(ctx, input.account);
        const session = await this.create(ctx, customer, input);
        const refused = await this.carts.replace(ctx, session, input.items);
        return { ...(await this.login(ctx, session)), refused };
    }

    async find(ctx: RequestContext, code: string): Promise<PunchoutSession> {
        const session = await this.repository(ctx).findOne({ where: { code, channelId: ctx.channelId } });
        if (!session) throw new PunchoutProblem('NOT_FOUND', 'unknown_session', 'There is no such session.');
        return session;
    }

    /** The session that the browser of this request entered. */
    async entered(ctx: RequestContext): Promise<PunchoutSession | undefined> {
        if (ctx.apiType !== 'shop' || !ctx.activeUserId || ctx.session?.authenticationStrategy !== STRATEGY) return;
        const found = await this.repository(ctx).findOne({ where: { userId: ctx.activeUserId } });
        return found && idsAreEqual(found.channelId, ctx.channelId) ? found : undefined;
    }

    async ofOrder(ctx: RequestContext, orderId: ID): Promise<PunchoutSession | undefined> {
        return (await this.repository(ctx).findOne({ where: { orderId } })) ?? undefined;
    }

    /** The customer account whose prices count in this request, for a shop's own price strategies. */
    async customerOf(ctx: RequestContext): Promise<Customer | undefined> {
        const session = await this.entered(ctx);
        if (!session) return;
        const customers = this.connection.getRepository(ctx, Customer);
        return (await customers.findOne({ where: { id: session.customerId }, relations: ['groups'] })) ?? undefined;
    }

    /** Redeems a one-time login; a text says why not. */
    async redeem(ctx: RequestContext, token: string): Promise<User | string> {
        const now = new Date();
        const claims = readLogin(token, this.options.loginSecret, ctx.channel.token, now);
        if (typeof claims === 'string') return `The login is ${claims}.`;
        const session = await this.repository(ctx).findOne({ where: { code: claims.sub } });
        if (!session || !idsAreEqual(session.channelId, ctx.channelId)) return 'The login is foreign.';
        // One statement: of two browsers with the same login, one gets in.
        const logins = this.connection.getRepository(ctx, PunchoutLogin);
        const redeemed = await logins
            .createQueryBuilder()
            .update()
            .set({ redeemedAt: now.getTime() })
            .where('jti = :jti AND redeemedAt IS NULL', { jti: claims.jti })
            .execute();
        if (redeemed.affected !== 1) return 'The login was used already, or a newer one was made.';
        const state = shownState(session);
        if (state !== 'open' && state !== 'locked') return `The session is ${state}.`;
        const user = await this.connection.getRepository(ctx, User).findOne({
            where: { id: session.userId },
            relations: ['roles', 'roles.channels', 'authenticationMethods'],
        });
        return user ?? 'The session has no user.';
    }

    /** Moves a session; whatever changes its cart at the same time comes before or is refused. */
    async move(ctx: RequestContext, session: PunchoutSession, to: SessionState, byShopper = false): Promise<void> {
        const ends = to === 'returned' || to === 'cancelled';
        const moved = await this.repository(ctx)
            .createQueryBuilder()
            .update()
            .set({ state: to, handedOver: byShopper, revision: () => 'revision + 1' })
            .where('id = :id AND state IN (:...from)', { id: session.id, from: MOVES[to] })
            .andWhere(ends ? "(state = 'locked' OR expiresAt > :now)" : 'expiresAt > :now', { now: Date.now() })
            .execute();
        if (moved.affected === 1) {
            await this.carts.follow(ctx, session, to);
            return;
        }
        const present = await this.repository(ctx).findOneByOrFail({ id: session.id });
        const state = shownState(present);
        if (state !== to) throw new PunchoutProblem('CONFLICT', `cart_${state}`, `The cart is ${state}.`);
        // Once the gateway has come for a cart, the shopper cannot take it back.
        if (present.handedOver && !byShopper) await this.repository(ctx).update(present.id, { handedOver: false });
    }

    /** Takes back what the shopper handed over, as long as the gateway has not come for it. */
    async resume(ctx: RequestContext, session: PunchoutSession): Promise<void> {
        const resumed = await this.repository(ctx)
            .createQueryBuilder()
            .update()
            .set({ state: 'open', handedOver: false, revision: () => 'revision + 1' })
            .where("id = :id AND state = 'locked' AND handedOver = :yes", { id: session.id, yes: true })
            .andWhere('expiresAt > :now', { now: Date.now() })
            .execute();
        if (resumed.affected === 1) await this.carts.follow(ctx, session, 'open');
    }

    /**
     * Claims the right to change an open cart and counts the change. The row stays locked until the
     * transaction ends: a cart that was read as locked does not change afterwards.
     */
    async claim(ctx: RequestContext, session: PunchoutSession): Promise<string | undefined> {
        const claimed = await this.repository(ctx)
            .createQueryBuilder()
            .update()
            .set({ revision: () => 'revision + 1' })
            .where("id = :id AND state = 'open' AND expiresAt > :now", { id: session.id, now: Date.now() })
            .execute();
        if (claimed.affected === 1) return;
        return shownState(await this.repository(ctx).findOneByOrFail({ id: session.id }));
    }

    /** Removes sessions that were over before this instant, with their carts and users; answers how many. */
    async forget(ctx: RequestContext, before: Date, most: number): Promise<number> {
        const over = await this.repository(ctx)
            .createQueryBuilder('session')
            .where('session.expiresAt < :before', { before: before.getTime() })
            .orderBy('session.expiresAt')
            .take(most)
            .getMany();
        for (const session of over) {
            await this.connection.withTransaction(ctx, tx => this.remove(tx, session));
        }
        return over.length;
    }

    private async remove(ctx: RequestContext, session: PunchoutSession): Promise<void> {
        await this.connection.getRepository(ctx, PunchoutLogin).delete({ sessionId: session.id });
        await this.repository(ctx).delete({ id: session.id });
        await serverSide(() => this.carts.remove(ctx, session));
        const user = await this.connection.getRepository(ctx, User).findOne({
            where: { id: session.userId },
            relations: ['authenticationMethods'],
        });
        if (!user) return;
        await this.browsers.deleteSessionsByUser(ctx, user);
        await this.connection.getRepository(ctx, ExternalAuthenticationMethod).remove(user.authenticationMethods as never);
        await this.connection.getRepository(ctx, User).remove(user);
    }

    private async login(ctx: RequestContext, session: PunchoutSession): Promise<Omit<Opened, 'refused'>> {
        const logins = this.connection.getRepository(ctx, PunchoutLogin);
        // Locks the session's row: what others make of it at the same time is seen and ended by the next statement.
        await this.repository(ctx).update(session.id, { code: session.code });
        await logins
            .createQueryBuilder()
            .delete()
            .where('sessionId = :id AND redeemedAt IS NULL', { id: session.id })
            .execute();
        const until = Math.min(Date.now() + this.options.loginSeconds * 1000, session.expiresAt);
        const exp = Math.floor(until / 1000);
        const login = await logins.save(new PunchoutLogin({ jti: randomUUID(), sessionId: session.id, redeemedAt: null }));
        const claims = { jti: login.jti, sub: session.code, aud: ctx.channel.token, exp };
        // In the fragment: no server, proxy log or Referer sees it.
        const token = signLogin(claims, this.options.loginSecret);
        return {
            id: session.code,
            loginUrl: `${this.options.storefrontUrl}#punchout=${token}`,
            loginExpiresAt: new Date(exp * 1000).toISOString(),
        };
    }

    private async create(ctx: RequestContext, customer: Customer, input: OpenInput): Promise<PunchoutSession> {
        const expiresAt = Date.parse(input.expiresAt);
        if (!(expiresAt > Date.now())) {
            throw new PunchoutProblem('INVALID', 'expires_at', 'The end of the session is no instant to come.');
        }
        const code = randomUUID();
        const role = await this.roles.getCustomerRole(ctx);
        const method = await this.connection
            .getRepository(ctx, ExternalAuthenticationMethod)
            .save(new ExternalAuthenticationMethod({ strategy: STRATEGY, externalIdentifier: code }));
        const user = await this.connection
            .getRepository(ctx, User)
            .save(new User({ identifier: `punchout-${code}`, verified: true, roles: [role], authenticationMethods: [method] }));
        const order = await serverSide(() => this.carts.create(ctx, customer, input.shipTo));
        return this.repository(ctx).save(
            new PunchoutSession({
                code,
                key: input.key,
                mode: input.mode,
                state: 'open',
                expiresAt,
                returnUrl: input.returnUrl,
                cancelUrl: input.cancelUrl,
                shopper: (input.shopper ?? '').slice(0, LONGEST_NAME),
                notices: JSON.stringify(input.notices),
                selectedPart: input.selectedPart ?? '',
                channelId: ctx.channelId,
                userId: user.id,
                orderId: order.id,
                customerId: customer.id,
            }),
        );
    }

    async account(ctx: RequestContext, account: string): Promise<Customer> {
        const customer = await this.connection
            .getRepository(ctx, Customer)
            .createQueryBuilder('customer')
            .innerJoin('customer.channels', 'channel', 'channel.id = :channelId', { channelId: ctx.channelId })
            .leftJoinAndSelect('customer.groups', 'groups')
            .where('customer.customFields.punchoutAccount = :account', { account })
            .andWhere('customer.deletedAt IS NULL')
            .getOne();
        if (!customer) {
            const remedy = 'enter it at the customer as punchout account';
            throw new PunchoutProblem('NOT_FOUND', 'unknown_customer', `No customer is '${account}': ${remedy}.`);
        }
        return customer;
    }

    private repository(ctx: RequestContext) {
        return this.connection.getRepository(ctx, PunchoutSession);
    }
}

export function shownState(session: PunchoutSession): ShownState {
    return session.state === 'open' && session.expiresAt <= Date.now() ? 'expired' : session.state;
}
