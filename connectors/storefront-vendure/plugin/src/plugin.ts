/** Puts the parts into Vendure's configuration, beside what the shop configured itself. */
import { APP_INTERCEPTOR } from '@nestjs/core';
import { PluginCommonModule, RuntimeVendureConfig, Type, VendurePlugin } from '@vendure/core';

import { AdminResolver, adminSchema } from './admin-api';
import { CartsService } from './carts.service';
import { CatalogueService } from './catalogue.service';
import { customFields, punchoutPermission } from './custom-fields';
import { PunchoutLogin, PunchoutSession } from './entities';
import { forgetTask } from './forget.task';
import { PunchoutActiveOrderStrategy, PunchoutAuthenticationStrategy, punchoutOrderProcess, PunchoutOrderInterceptor } from './guards';
import { OPTIONS, PunchgateOptions, ResolvedOptions, resolveOptions } from './options';
import { purchaseOrderFreight, PurchaseOrderPrices } from './order-prices';
import { OrdersService } from './orders.service';
import { purchaseOrderHandler } from './payment';
import { SessionsService } from './sessions.service';
import { ShopResolver, shopSchema } from './shop-api';
import { ShopperInterceptor } from './shopper.interceptor';
import { StorefrontController } from './storefront.controller';
import { WebhooksService } from './webhooks.service';

@VendurePlugin({
    compatibility: '^3.7.0',
    imports: [PluginCommonModule],
    entities: [PunchoutSession, PunchoutLogin],
    controllers: [StorefrontController],
    providers: [
        { provide: OPTIONS, useFactory: () => PunchgatePlugin.options },
        SessionsService,
        CartsService,
        CatalogueService,
        OrdersService,
        WebhooksService,
        { provide: APP_INTERCEPTOR, useClass: ShopperInterceptor },
    ],
    exports: [SessionsService],
    adminApiExtensions: { schema: adminSchema, resolvers: [AdminResolver] },
    shopApiExtensions: { schema: shopSchema, resolvers: [ShopResolver] },
    configuration: (config: RuntimeVendureConfig) => configure(config),
})
export class PunchgatePlugin {
    static options: ResolvedOptions;

    static init(options: PunchgateOptions): Type<PunchgatePlugin> {
        this.options = resolveOptions(options);
        return PunchgatePlugin;
    }
}

function configure(config: RuntimeVendureConfig): RuntimeVendureConfig {
    const { authOptions, orderOptions, paymentOptions, shippingOptions } = config;
    authOptions.shopAuthenticationStrategy.push(new PunchoutAuthenticationStrategy());
    authOptions.customPermissions.push(punchoutPermission);
    const others = orderOptions.activeOrderStrategy;
    orderOptions.activeOrderStrategy = [new PunchoutActiveOrderStrategy(), ...(Array.isArray(others) ? others : [others])];
    orderOptions.orderInterceptors.push(new PunchoutOrderInterceptor());
    // First: its reasons are the shopper's, the others' are those of a checkout.
    orderOptions.process.unshift(punchoutOrderProcess() as never);
    orderOptions.orderItemPriceCalculationStrategy = new PurchaseOrderPrices(orderOptions.orderItemPriceCalculationStrategy);
    shippingOptions.shippingCalculators = (shippingOptions.shippingCalculators ?? []).map(purchaseOrderFreight);
    config.schedulerOptions.tasks = [...(config.schedulerOptions.tasks ?? []), forgetTask];
    paymentOptions.paymentMethodHandlers.push(purchaseOrderHandler);
    for (const [entity, fields] of Object.entries(customFields)) {
        const name = entity as 'Order';
        config.customFields[name] = [...(config.customFields[name] ?? []), ...(fields ?? [])];
    }
    return config;
}
