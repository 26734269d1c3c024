/** The assortment at a customer's prices, for catalogue queries of the gateway. */
import { Injectable } from '@nestjs/common';
import {
    ConfigService, Customer, ID, idsAreEqual, Order, ProductVariant, ProductVariantService, RequestContext, TransactionalConnection,
} from '@vendure/core';

import { wholeQuantity } from './amounts';
import { CartsService, unitOf } from './carts.service';
import { SessionsService } from './sessions.service';

/** Largest page. */
export const PAGE_SIZE = 100;

@Injectable()
export class CatalogueService {
    constructor(
        private connection: TransactionalConnection,
        private variants: ProductVariantService,
        private carts: CartsService,
        private sessions: SessionsService,
        private config: ConfigService,
    ) {}

    async item(ctx: RequestContext, sku: string, account?: string | null, quantity?: string | null) {
        const variant = await this.carts.variant(ctx, sku);
        if (!variant) return null;
        const customer = account ? await this.sessions.account(ctx, account) : undefined;
        return this.shown(ctx, variant, customer, wholeQuantity(quantity ?? '1') ?? 1);
    }

    /** By ascending id: nothing comes twice or is passed over while the assortment changes. */
    async search(ctx: RequestContext, text: string, account: string | null | undefined, after: ID | null, take: number) {
        const limit = Math.min(Math.max(take, 1), PAGE_SIZE);
        const customer = account ? await this.sessions.account(ctx, account) : undefined;
        const query = this.connection
            .getRepository(ctx, ProductVariant)
            .createQueryBuilder('variant')
            .innerJoin('variant.channels', 'channel', 'channel.id = :channelId', { channelId: ctx.channelId })
            .innerJoin('variant.product', 'product')
            .innerJoin('variant.translations', 'text', 'text.languageCode = :language', { language: ctx.languageCode })
            .where('variant.enabled = :yes AND product.enabled = :yes', { yes: true })
            .andWhere('variant.deletedAt IS NULL AND product.deletedAt IS NULL')
            .orderBy('variant.id')
            .take(limit + 1);
        if (after !== null) query.andWhere('variant.id > :after', { after });
        text.toLowerCase().split(/\s+/).filter(Boolean).forEach((word, index) => {
            // A percent sign or underscore that somebody types is meant.
            const like = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
            const condition = `(LOWER(text.name) LIKE :word${index} ESCAPE '\\' OR LOWER(variant.sku) LIKE :word${index} ESCAPE '\\')`;
            query.andWhere(condition, { [`word${index}`]: like });
        });
        const ids = (await query.getMany()).map(variant => variant.id);
        const page = ids.slice(0, limit);
        const found = await this.variants.findByIds(ctx, page);
        const inOrder = page.flatMap(id => found.filter(variant => idsAreEqual(variant.id, id)));
        const items = [];
        for (const variant of inOrder) items.push(await this.shown(ctx, variant, customer, 1));
        return { items, next: ids.length > limit ? page[page.length - 1] : null };
    }

    private async shown(ctx: RequestContext, variant: ProductVariant, customer: Customer | undefined, quantity: number) {
        const { orderItemPriceCalculationStrategy } = this.config.orderOptions;
        // An order that is never stored: strategies ask it who buys.
        const order = new Order({ lines: [], surcharges: [], currencyCode: ctx.currencyCode, customFields: {} });
        if (customer) Object.assign(order, { customer, customerId: customer.id });
        const priced = await orderItemPriceCalculationStrategy.calculateUnitPrice(ctx, variant, {}, order, quantity);
        const tax = variant.taxRateApplied;
        const net = (price: number, includesTax: boolean) => (includesTax && tax ? tax.netPriceOf(price) : price);
        const fields = variant.customFields;
        return {
            sku: variant.sku,
            name: variant.name,
            currency: variant.currencyCode,
            decimals: this.carts.decimals,
            language: ctx.languageCode,
            unit: unitOf(variant),
            unitPrice: Math.round(net(priced.price, priced.priceIncludesTax)),
            listPrice: Math.round(net(variant.listPrice, variant.listPriceIncludesTax)),
            inStock: variant.trackInventory === 'FALSE' ? null : Math.max(await this.variants.getSaleableStockLevel(ctx, variant), 0),
            unspsc: fields?.punchoutUnspsc || null,
            manufacturer: fields?.punchoutManufacturer || null,
            manufacturerPartId: fields?.punchoutManufacturerPartId || null,
            leadTimeDays: fields?.punchoutLeadTimeDays ?? null,
        };
    }
}
