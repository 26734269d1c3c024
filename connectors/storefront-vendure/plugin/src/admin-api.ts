/** What the gateway calls, server to server. Every operation needs the permission `Punchout` and no other. */
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import {
    Allow, ConfigService, Ctx, ID, PaymentMethod, RequestContext, Transaction, TransactionalConnection, VENDURE_VERSION,
} from '@vendure/core';
import { gql } from 'graphql-tag';

import { CartsService } from './carts.service';
import { CatalogueService, PAGE_SIZE } from './catalogue.service';
import { punchoutPermission } from './custom-fields';
import { SessionState } from './entities';
import { OPTIONS, ResolvedOptions } from './options';
import { OrdersService } from './orders.service';
import { HANDLER } from './payment';
import { PunchoutProblem } from './problem';
import { Cancellation, Cart, FillLineInput, PlacedOrder, Placement, PlaceInput, RefusedLine } from './schema-types';
import { Opened, OpenInput, SessionsService, shownState } from './sessions.service';

/** Version of this part of the Admin API; grows when something is no longer as it was. */
const CONTRACT = 2;

export const adminSchema = gql`
    enum PunchoutMode { create edit inspect }
    enum PunchoutCartState { open locked returned cancelled }
    enum PunchoutSeverity { info warning blocking }

    type PunchoutDescription {
        contract: Int!
        vendure: String!
        time: String!
        decimals: Int!
        currency: String!
        pageSize: Int!
        "What stands in the way of working, for an operator."
        problems: [String!]!
    }

    input PunchoutNoticeInput { severity: PunchoutSeverity! text: String! }
    input PunchoutAddressInput {
        name: String company: String street: [String!]! city: String region: String
        postalCode: String country: String phone: String
    }
    input PunchoutFillLineInput { line: Int! sku: String! quantity: String! unit: String auxiliaryId: String }
    input PunchoutOpenInput {
        key: String!
        mode: PunchoutMode!
        "The customer's punchout account."
        account: String!
        "Who shops: shown, never an identity."
        shopper: String
        items: [PunchoutFillLineInput!]!
        selectedPart: String
        shipTo: PunchoutAddressInput
        notices: [PunchoutNoticeInput!]!
        returnUrl: String!
        cancelUrl: String!
        expiresAt: String!
    }
    type PunchoutRefusedLine { line: Int! code: String! message: String! }
    type PunchoutOpened { id: String! loginUrl: String! loginExpiresAt: String! refused: [PunchoutRefusedLine!]! }

    type PunchoutCartLine {
        auxiliaryId: String! sku: String! name: String! quantity: Int! unit: String!
        "Net, in minor units, after discounts; times the quantity it may miss linePrice by rounding."
        unitPrice: Money!
        linePrice: Money!
        unspsc: String manufacturer: String manufacturerPartId: String leadTimeDays: Int imageUrl: String
    }
    type PunchoutCart {
        id: String! session: String! mode: PunchoutMode! state: String! revision: Int!
        currency: String! decimals: Int! language: String!
        lines: [PunchoutCartLine!]!
        "Sum of the lines and of what no line bears."
        subTotal: Money!
        shipping: Money shippingName: String tax: Money
        refused: [PunchoutRefusedLine!]!
    }

    type PunchoutItem {
        sku: String! name: String! currency: String! decimals: Int! language: String! unit: String!
        unitPrice: Money! listPrice: Money! inStock: Int
        unspsc: String manufacturer: String manufacturerPartId: String leadTimeDays: Int
    }
    type PunchoutItems { items: [PunchoutItem!]! next: ID }

    input PunchoutOrderLineInput {
        line: Int! sku: String! quantity: String! unit: String! unitPrice: String! priceBasis: String auxiliaryId: String
    }
    input PunchoutOrderInput {
        reference: String! account: String! number: String! currency: String! terms: String
        "Stays a draft."
        test: Boolean!
        shipTo: PunchoutAddressInput billTo: PunchoutAddressInput
        "Net, as the purchase order states it; 0 where it states none."
        freight: String!
        comments: [String!]!
        lines: [PunchoutOrderLineInput!]!
    }
    type PunchoutOrderLine { line: Int! sku: String! unit: String! ordered: Int! shipped: Int! cancelled: Int! }
    type PunchoutOrder {
        id: ID! code: String! reference: String! number: String account: String state: String! createdAt: String!
        currency: String! decimals: Int! subTotal: Money! payment: String!
        lines: [PunchoutOrderLine!]!
    }
    type PunchoutPlacement { outcome: String! order: PunchoutOrder code: String message: String field: String }

    "cancelled, also if it was before; rejected, in words; unknown: there is no such order."
    type PunchoutCancellation { outcome: String! order: PunchoutOrder code: String message: String }

    extend type Query {
        punchoutDescription: PunchoutDescription!
        punchoutCart(id: String!): PunchoutCart!
        punchoutItem(sku: String!, account: String, quantity: String): PunchoutItem
        punchoutItems(text: String!, account: String, after: ID, take: Int!): PunchoutItems!
        punchoutOrders(reference: String!): [PunchoutOrder!]!
        punchoutOrder(id: ID!): PunchoutOrder
    }
    extend type Mutation {
        openPunchoutSession(input: PunchoutOpenInput!): PunchoutOpened!
        fillPunchoutCart(id: String!, lines: [PunchoutFillLineInput!]!): PunchoutCart!
        movePunchoutCart(id: String!, to: PunchoutCartState!): PunchoutCart!
        placePunchoutOrder(input: PunchoutOrderInput!): PunchoutPlacement!
        cancelPunchoutOrder(reference: String!, reason: String): PunchoutCancellation!
    }
`;

@Resolver()
export class AdminResolver {
    constructor(
        private connection: TransactionalConnection,
        private config: ConfigService,
        private sessions: SessionsService,
        private carts: CartsService,
        private catalogue: CatalogueService,
        private orders: OrdersService,
        @Inject(OPTIONS) private options: ResolvedOptions,
    ) {}

    @Query()
    @Allow(punchoutPermission.Permission)
    async punchoutDescription(@Ctx() ctx: RequestContext) {
        return {
            contract: CONTRACT,
            vendure: VENDURE_VERSION,
            time: new Date().toISOString(),
            decimals: this.carts.decimals,
            currency: ctx.channel.defaultCurrencyCode,
            pageSize: PAGE_SIZE,
            problems: await this.problems(ctx),
        };
    }

    /** Its transactions are its own. */
    @Mutation()
    @Allow(punchoutPermission.Permission)
    openPunchoutSession(@Ctx() ctx: RequestContext, @Args() args: { input: OpenInput }): Promise<Opened> {
        return this.sessions.open(ctx, args.input);
    }

    @Query()
    @Allow(punchoutPermission.Permission)
    punchoutCart(@Ctx() ctx: RequestContext, @Args() args: { id: string }): Promise<Cart> {
        return this.read(ctx, args.id, []);
    }

    @Transaction()
    @Mutation()
    @Allow(punchoutPermission.Permission)
    async fillPunchoutCart(@Ctx() ctx: RequestContext, @Args() args: { id: string; lines: FillLineInput[] }): Promise<Cart> {
        const session = await this.sessions.find(ctx, args.id);
        if (session.mode === 'inspect') {
            throw new PunchoutProblem('CONFLICT', 'inspect', 'The cart can be looked at, not changed.');
        }
        const state = await this.sessions.claim(ctx, session);
        if (state) throw new PunchoutProblem('CONFLICT', `cart_${state}`, `The cart is ${state}.`);
        return this.read(ctx, args.id, await this.carts.replace(ctx, session, args.lines));
    }

    @Transaction()
    @Mutation()
    @Allow(punchoutPermission.Permission)
    async movePunchoutCart(@Ctx() ctx: RequestContext, @Args() args: { id: string; to: SessionState }): Promise<Cart> {
        await this.sessions.move(ctx, await this.sessions.find(ctx, args.id), args.to);
        return this.read(ctx, args.id, []);
    }

    @Query()
    @Allow(punchoutPermission.Permission)
    punchoutItem(@Ctx() ctx: RequestContext, @Args() args: { sku: string; account?: string; quantity?: string }) {
        return this.catalogue.item(ctx, args.sku, args.account, args.quantity);
    }

    @Query()
    @Allow(punchoutPermission.Permission)
    punchoutItems(@Ctx() ctx: RequestContext, @Args() args: { text: string; account?: string; after?: ID; take: number }) {
        return this.catalogue.search(ctx, args.text, args.account, args.after ?? null, args.take);
    }

    /** Its transaction is its own: it looks again after a failed one. */
    @Mutation()
    @Allow(punchoutPermission.Permission)
    placePunchoutOrder(@Ctx() ctx: RequestContext, @Args() args: { input: PlaceInput }): Promise<Placement> {
        return this.orders.place(ctx, args.input);
    }

    /** Its transaction is its own: what is refused is undone. */
    @Mutation()
    @Allow(punchoutPermission.Permission)
    cancelPunchoutOrder(@Ctx() ctx: RequestContext, @Args() args: { reference: string; reason?: string }): Promise<Cancellation> {
        return this.orders.cancel(ctx, args.reference, args.reason);
    }

    @Query()
    @Allow(punchoutPermission.Permission)
    punchoutOrders(@Ctx() ctx: RequestContext, @Args() args: { reference: string }): Promise<PlacedOrder[]> {
        return this.orders.find(ctx, args.reference);
    }

    @Query()
    @Allow(punchoutPermission.Permission)
    async punchoutOrder(@Ctx() ctx: RequestContext, @Args() args: { id: ID }): Promise<PlacedOrder | null> {
        return this.orders.byId(ctx, args.id);
    }

    private async read(ctx: RequestContext, id: string, refused: RefusedLine[]): Promise<Cart> {
        const session = await this.sessions.find(ctx, id);
        return this.carts.read(ctx, session, shownState(session), refused);
    }

    private async problems(ctx: RequestContext): Promise<string[]> {
        const problems = [];
        const methods = await this.connection
            .getRepository(ctx, PaymentMethod)
            .createQueryBuilder('method')
            .innerJoin('method.channels', 'channel', 'channel.id = :channelId', { channelId: ctx.channelId })
            .where('method.code = :code AND method.enabled = :yes', { code: this.options.paymentMethod, yes: true })
            .getMany();
        if (!methods.some(method => method.handler.code === HANDLER)) {
            problems.push(
                `purchase orders cannot be booked: create a payment method with code '${this.options.paymentMethod}' and handler '${HANDLER}'`,
            );
        }
        const shipping = this.options.shippingMethod;
        if (shipping && !(await this.carts.shippingMethod(ctx, shipping))) {
            problems.push(`there is no shipping method '${shipping}': correct the plugin's option shippingMethod`);
        }
        if (!this.config.authOptions.shopAuthenticationStrategy.some(strategy => strategy.name === 'punchgate')) {
            problems.push('the login of shoppers was removed from authOptions.shopAuthenticationStrategy');
        }
        return problems;
    }
}
