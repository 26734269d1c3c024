/** The shop: Vendure, the plugin, and a price strategy of the shop's own, as many shops have one. */
import {
    Customer, DefaultJobQueuePlugin, DefaultLogger, DefaultSchedulerPlugin, DefaultSearchPlugin, Injector, LogLevel, Order, OrderItemPriceCalculationStrategy,
    ProductVariant, RandomBytesApiKeyStrategy, RequestContext, TransactionalConnection, VendureConfig,
} from '@vendure/core';
import { ApiKeyHashing, PunchgatePlugin, webhookBackoff } from '@punchgate/vendure-plugin';

import { database, isSqlite } from './database';
import { jobsInMemory, oneAfterTheOther } from './one-connection';

/** `contract-12` as a customer group means twelve percent off. */
class ContractPrices implements OrderItemPriceCalculationStrategy {
    private connection: TransactionalConnection | undefined;

    init(injector: Injector): void {
        this.connection = injector.get(TransactionalConnection);
    }

    async calculateUnitPrice(ctx: RequestContext, variant: ProductVariant, _fields: unknown, order: Order) {
        const id = order.customer?.id ?? order.customerId;
        const customer = id
            ? await this.connection?.getRepository(ctx, Customer).findOne({ where: { id }, relations: ['groups'] })
            : undefined;
        const percents = (customer?.groups ?? []).map(group => Number(/^contract-(\d+)$/.exec(group.name)?.[1] ?? 0));
        const percent = Math.max(0, ...percents);
        return {
            price: Math.round((variant.listPrice * (100 - percent)) / 100),
            priceIncludesTax: variant.listPriceIncludesTax,
        };
    }
}

function needed(name: string): string {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: run it by scripts/vendure`);
    return value;
}

const port = Number(process.env.SHOP_PORT ?? 0);
const webhookUrl = process.env.SHOP_WEBHOOK_URL;

export const config: VendureConfig = {
    apiOptions: {
        hostname: '127.0.0.1', port, adminApiPath: 'admin-api', shopApiPath: 'shop-api', cors: { origin: false },
        middleware: isSqlite ? [oneAfterTheOther()] : [],
    },
    ...(isSqlite ? { jobQueueOptions: jobsInMemory() } : {}),
    logger: new DefaultLogger({ level: LogLevel.Warn }),
    authOptions: {
        // No cookie: a frame on another site has none.
        tokenMethod: ['bearer', 'api-key'],
        superadminCredentials: { identifier: 'superadmin', password: needed('SHOP_ADMIN_PASSWORD') },
        adminApiKeyStrategy: new RandomBytesApiKeyStrategy({ hashingStrategy: new ApiKeyHashing(), lastUsedAtUpdateInterval: '15m' }),
    },
    orderOptions: { orderItemPriceCalculationStrategy: new ContractPrices() },
    paymentOptions: { paymentMethodHandlers: [] },
    dbConnectionOptions: database(needed('SHOP_DATABASE'), process.env.SHOP_SYNCHRONIZE === 'yes'),
    customFields: {},
    schedulerOptions: { runTasksInWorkerOnly: false },
    plugins: [
        ...(isSqlite ? [] : [DefaultJobQueuePlugin.init({ pollInterval: 100, backoffStrategy: webhookBackoff })]),
        DefaultSchedulerPlugin.init({ manualTriggerCheckInterval: 500 }),
        DefaultSearchPlugin.init({ bufferUpdates: false, indexStockStatus: true }),
        PunchgatePlugin.init({
            loginSecret: needed('SHOP_LOGIN_SECRET'),
            publicUrl: `http://127.0.0.1:${port}`,
            shippingMethod: 'standard-shipping',
            keepDays: 0,
            webhook: webhookUrl ? { url: webhookUrl, secret: needed('SHOP_WEBHOOK_SECRET') } : undefined,
        }),
    ],
};
