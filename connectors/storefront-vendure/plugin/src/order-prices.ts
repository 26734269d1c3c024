/** A purchase order has the prices that the gateway accepted; everything else has the shop's. */
import {
    Injector, Order, OrderItemPriceCalculationStrategy, PriceCalculationResult, ProductVariant, RequestContext,
} from '@vendure/core';

import { isServerSide } from './server-side';

export class PurchaseOrderPrices implements OrderItemPriceCalculationStrategy {
    constructor(private shop: OrderItemPriceCalculationStrategy) {}

    async init(injector: Injector): Promise<void> {
        await this.shop.init?.(injector);
    }

    async destroy(): Promise<void> {
        await this.shop.destroy?.();
    }

    calculateUnitPrice(
        ctx: RequestContext,
        variant: ProductVariant,
        fields: Record<string, unknown>,
        order: Order,
        quantity: number,
    ): PriceCalculationResult | Promise<PriceCalculationResult> {
        const agreed = fields.punchoutUnitPrice;
        // Nothing from outside sets this field; that the order is one of ours is looked at all the same.
        if (typeof agreed === 'number' && (isServerSide() || order.customFields?.punchoutReference)) {
            return { price: agreed, priceIncludesTax: false };
        }
        return this.shop.calculateUnitPrice(ctx, variant, fields, order, quantity);
    }
}
