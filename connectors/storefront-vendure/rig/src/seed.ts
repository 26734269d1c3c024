/** Fills an empty database: products, customers, a payment method, the gateway's API key. Prints the key's record. */
import {
    bootstrap, ChannelService, ConfigService, CustomerGroupService, CustomerService, InspectableJobQueueStrategy, isGraphQlErrorResult, JobQueueService, LanguageCode, PaymentMethodService,
    ProductVariant, RequestContextService, RoleService, SearchService, TransactionalConnection, User,
} from '@vendure/core';
// Not among what Vendure exports; the Admin API would need a listening server.
import { ApiKeyService } from '@vendure/core/dist/service/services/api-key.service';
import { populate } from '@vendure/core/cli';
import { writeFileSync } from 'fs';
import * as path from 'path';

import { config } from './config';
import { createAfresh } from './database';

type Application = Awaited<ReturnType<typeof bootstrap>>;

const CUSTOMERS = [
    { account: 'C-ACME', name: 'Acme Corporation', group: 'contract-12', hold: null },
    { account: 'C-HOOLI', name: 'Hooli Labs', group: null, hold: null },
    // The customers of `punchgate demo`.
    { account: 'C-1001', name: 'ACME Manufacturing', group: 'contract-10', hold: null },
    { account: 'C-1002', name: 'Borealis Health', group: null, hold: null },
    { account: 'C-1003', name: 'Cobalt Labs', group: null, hold: null },
    { account: 'C-INITECH', name: 'Initech Systems', group: null, hold: 'Two invoices of Initech are overdue; please ask for extension 31.' },
];

/** Part number → unit, UNSPSC, lead time. */
const ATTRIBUTES: Record<string, [string, string, number]> = {
    'GL-200': ['BX', '46181504', 2],
    'CH-900': ['EA', '56112102', 10],
};

async function superadmin(app: Application) {
    const user = await app.get(TransactionalConnection).rawConnection.getRepository(User).findOneOrFail({
        where: { identifier: 'superadmin' },
        relations: ['roles', 'roles.channels'],
    });
    const ctx = await app.get(RequestContextService).create({ apiType: 'admin', user });
    return { ctx, user };
}

async function customers(app: Application): Promise<void> {
    const { ctx } = await superadmin(app);
    for (const { account, name, group, hold } of CUSTOMERS) {
        const [firstName, lastName] = name.split(' ');
        const created = await app.get(CustomerService).create(ctx, {
            firstName,
            lastName,
            emailAddress: `${account.toLowerCase()}@buyers.example`,
            customFields: { punchoutAccount: account, punchoutHold: hold !== null, punchoutHoldMessage: hold },
        });
        if (isGraphQlErrorResult(created)) throw new Error(created.message);
        if (group) await app.get(CustomerGroupService).create(ctx, { name: group, customerIds: [created.id] });
    }
}

async function attributes(app: Application): Promise<void> {
    const variants = app.get(TransactionalConnection).rawConnection.getRepository(ProductVariant);
    for (const variant of await variants.find()) {
        const [unit, unspsc, days] = ATTRIBUTES[variant.sku] ?? ['EA', '31160000', 3];
        Object.assign(variant.customFields, {
            punchoutUnit: unit,
            punchoutUnspsc: unspsc,
            punchoutManufacturer: 'Sample Works',
            punchoutManufacturerPartId: `SW-${variant.sku}`,
            punchoutLeadTimeDays: days,
        });
        await variants.save(variant);
    }
}

async function paymentMethod(app: Application): Promise<void> {
    const { ctx } = await superadmin(app);
    await app.get(PaymentMethodService).create(ctx, {
        code: 'purchase-order',
        enabled: true,
        handler: { code: 'punchgate-purchase-order', arguments: [] },
        translations: [{ languageCode: LanguageCode.en, name: 'Purchase order', description: 'On account' }],
    });
}

/**
 * Jobs run when everything else is done: on SQLite they share its one connection, and the transaction of what fills the
 * shop with them. The index is whole before this process ends: where jobs are kept in memory, they end with it.
 */
async function searchIndex(app: Application): Promise<void> {
    await app.get(JobQueueService).start();
    const { ctx } = await superadmin(app);
    const { id } = await app.get(SearchService).reindex(ctx);
    const jobs = app.get(ConfigService).jobQueueOptions.jobQueueStrategy as InspectableJobQueueStrategy;
    let job = id && (await jobs.findOne(id));
    while (id && job && !job.isSettled) {
        await new Promise(done => setTimeout(done, 100));
        job = await jobs.findOne(id);
    }
    if (!job || job.state !== 'COMPLETED') throw new Error(`the search index was not made: ${job ? job.error : 'its job is gone'}`);
}

async function apiKey(app: Application): Promise<string> {
    const { ctx, user } = await superadmin(app);
    const channel = await app.get(ChannelService).getDefaultChannel(ctx);
    const role = await app.get(RoleService).create(ctx, {
        code: 'punchgate',
        description: 'The gateway',
        permissions: ['Punchout' as never],
        channelIds: [channel.id],
    });
    const translations = [{ languageCode: LanguageCode.en, name: 'Punchgate' }];
    return (await app.get(ApiKeyService).create(ctx, { roleIds: [role.id], translations }, user.id)).apiKey;
}

async function seed(keyFile: string): Promise<void> {
    await createAfresh(String(config.dbConnectionOptions.database));
    const folder = path.join(__dirname, '..');
    const app = await populate(
        () => bootstrap(config),
        path.join(folder, 'initial-data.json'),
        path.join(folder, 'products.csv'),
    );
    await paymentMethod(app);
    await attributes(app);
    await customers(app);
    await searchIndex(app);
    writeFileSync(keyFile, await apiKey(app), { mode: 0o600 });
    await app.close();
}

const [keyFile] = process.argv.slice(2);
if (!keyFile) throw new Error('usage: seed KEY_FILE');
seed(keyFile).then(
    () => process.exit(0),
    error => {
        console.error(error);
        process.exit(1);
    },
);
