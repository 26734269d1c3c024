/** What a storefront asks in a punchout session: what it is about, and where to send the browser. */
import { Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, Ctx, Customer, Permission, RequestContext, Transaction, TransactionalConnection, UserInputError } from '@vendure/core';
import { gql } from 'graphql-tag';

import { CartsService } from './carts.service';
import { Notice, PunchoutSession } from './entities';
import { holdOf } from './guards';
import { SessionsService, shownState } from './sessions.service';

export const shopSchema = gql`
    type PunchoutNotice { severity: String! text: String! }
    type PunchoutSessionInfo {
        mode: String!
        state: String!
        "Locked by the shopper's transfer, and still to be taken back."
        canResume: Boolean!
        account: String!
        shopper: String!
        selectedPart: String!
        expiresAt: String!
        notices: [PunchoutNotice!]!
    }
    type PunchoutDeparture { url: String! }

    extend type Query {
        "None outside of punchout."
        punchoutSession: PunchoutSessionInfo
    }
    extend type Mutation {
        "Locks the cart; the browser then goes to the address. The gateway reads the cart itself."
        transferPunchoutCart: PunchoutDeparture!
        "Takes a transfer back, as long as the gateway has not come for the cart."
        resumePunchoutCart: PunchoutSessionInfo!
        "Where to go without the cart."
        leavePunchout: PunchoutDeparture!
    }
`;

@Resolver()
export class ShopResolver {
    constructor(
        private connection: TransactionalConnection,
        private sessions: SessionsService,
        private carts: CartsService,
    ) {}

    @Query()
    @Allow(Permission.Owner)
    async punchoutSession(@Ctx() ctx: RequestContext) {
        const session = await this.sessions.entered(ctx);
        return session ? this.shown(ctx, session) : null;
    }

    @Transaction()
    @Mutation()
    @Allow(Permission.Owner)
    async transferPunchoutCart(@Ctx() ctx: RequestContext) {
        const session = await this.mine(ctx);
        // Looked at only: it goes back as it came, and nothing of it is read again.
        if (session.mode === 'inspect') return { url: session.cancelUrl };
        if (shownState(session) === 'open') {
            const order = await this.carts.order(ctx, session);
            if (!order.lines.some(line => line.quantity > 0) && session.mode === 'create') {
                throw new UserInputError('The cart is empty.');
            }
        }
        await this.sessions.move(ctx, session, 'locked', true);
        return { url: session.returnUrl };
    }

    @Transaction()
    @Mutation()
    @Allow(Permission.Owner)
    async resumePunchoutCart(@Ctx() ctx: RequestContext) {
        const session = await this.mine(ctx);
        await this.sessions.resume(ctx, session);
        return this.shown(ctx, await this.mine(ctx));
    }

    @Mutation()
    @Allow(Permission.Owner)
    async leavePunchout(@Ctx() ctx: RequestContext) {
        return { url: (await this.mine(ctx)).cancelUrl };
    }

    private async mine(ctx: RequestContext): Promise<PunchoutSession> {
        const session = await this.sessions.entered(ctx);
        if (!session) throw new UserInputError('This is no punchout session.');
        return session;
    }

    private async shown(ctx: RequestContext, session: PunchoutSession) {
        const customer = await this.connection.getRepository(ctx, Customer).findOneBy({ id: session.customerId });
        const hold = customer ? holdOf(customer) : undefined;
        const notices = JSON.parse(session.notices) as Notice[];
        if (hold && !notices.some(notice => notice.text === hold)) notices.unshift({ severity: 'blocking', text: hold });
        return {
            mode: session.mode,
            state: shownState(session),
            canResume: session.state === 'locked' && session.handedOver,
            account: customer ? `${customer.firstName} ${customer.lastName}`.trim() : '',
            shopper: session.shopper,
            selectedPart: session.selectedPart,
            expiresAt: new Date(session.expiresAt).toISOString(),
            notices,
        };
    }
}
