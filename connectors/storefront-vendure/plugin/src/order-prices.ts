/** A purchase order has the prices and the freight that the gateway accepted; everything else has the shop's. */
import {
    Injector, Order, OrderItemPriceCalculationStrategy, PriceCalculationResult, ProductVariant, RequestContext, ShippingCalculator,
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

/** A calculator of the shop. Its tax rate stays; its price gives way to what a purchase order states. */
export function purchaseOrderFreight(shop: ShippingCalculator): ShippingCalculator {
    return new ShippingCalculator({
        code: shop.code,
        description: shop.description,
        args: shop.args,
        init: injector => shop.init(injector),
        destroy: () => shop.destroy(),
        calculate: async (ctx, order, _args, method) => {
            const quote = await shop.calculate(ctx, order, method.calculator.args, method);
            // Only purchase orders have this field, and nothing from outside sets it.
            const agreed = order.customFields?.punchoutFreight;
            return quote && typeof agreed === 'number' ? { ...quote, price: agreed, priceIncludesTax: false } : quote;
        },
    });
}
