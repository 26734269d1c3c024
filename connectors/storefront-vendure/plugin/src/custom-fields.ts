/** What Vendure's own records carry for punchout, and the permission of the gateway. */
import { CustomFields, LanguageCode, PermissionDefinition } from '@vendure/core';

/** All that the gateway may: its role needs this permission and nothing else. */
export const punchoutPermission = new PermissionDefinition({
    name: 'Punchout',
    description: 'Opens punchout sessions, reads and fills their carts, places purchase orders',
});

const text = (value: string) => [{ languageCode: LanguageCode.en, value }];
/** Written by the plugin: seen by administrators, changed by nobody. */
const kept = { public: false, readonly: true, nullable: true } as const;

export const customFields: CustomFields = {
    Customer: [
        { name: 'punchoutAccount', type: 'string', public: false, nullable: true, unique: true, label: text('Punchout account: the customer as the gateway names it') },
        { name: 'punchoutHold', type: 'boolean', public: false, nullable: true, label: text('On hold: no orders') },
        { name: 'punchoutHoldMessage', type: 'text', public: false, nullable: true, label: text('What the shopper is told about the hold') },
    ],
    ProductVariant: [
        { name: 'punchoutUnit', type: 'string', nullable: true, label: text('Unit of measure (UN/CEFACT)') },
        { name: 'punchoutUnspsc', type: 'string', nullable: true, label: text('UNSPSC') },
        { name: 'punchoutManufacturer', type: 'string', nullable: true, label: text('Manufacturer') },
        { name: 'punchoutManufacturerPartId', type: 'string', nullable: true, label: text("Manufacturer's part number") },
        { name: 'punchoutLeadTimeDays', type: 'int', nullable: true, label: text('Lead time in days') },
    ],
    OrderLine: [
        { name: 'punchoutAuxiliaryId', type: 'text', ...kept, label: text("Key of the line in the buyer's system") },
        { name: 'punchoutLine', type: 'int', ...kept, label: text("The buyer's line number") },
        { name: 'punchoutUnitPrice', type: 'int', ...kept, label: text('Price on the purchase order') },
    ],
    Order: [
        { name: 'punchoutReference', type: 'string', ...kept, unique: true, label: text("The gateway's key of the purchase order") },
        { name: 'punchoutNumber', type: 'string', ...kept, label: text('Purchase order number') },
        { name: 'punchoutTerms', type: 'string', ...kept, label: text('Payment terms') },
        { name: 'punchoutFreight', type: 'int', ...kept, label: text('Freight on the purchase order') },
        { name: 'punchoutTest', type: 'boolean', ...kept, label: text('Test: stays a draft') },
    ],
};

/** Unit of a variant that states none. */
export const DEFAULT_UNIT = 'EA';

declare module '@vendure/core/dist/entity/custom-entity-fields' {
    interface CustomCustomerFields {
        punchoutAccount: string | null;
        punchoutHold: boolean | null;
        punchoutHoldMessage: string | null;
    }
    interface CustomProductVariantFields {
        punchoutUnit: string | null;
        punchoutUnspsc: string | null;
        punchoutManufacturer: string | null;
        punchoutManufacturerPartId: string | null;
        punchoutLeadTimeDays: number | null;
    }
    interface CustomOrderLineFields {
        punchoutAuxiliaryId: string | null;
        punchoutLine: number | null;
        punchoutUnitPrice: number | null;
    }
    interface CustomOrderFields {
        punchoutReference: string | null;
        punchoutNumber: string | null;
        punchoutTerms: string | null;
        punchoutFreight: number | null;
        punchoutTest: boolean | null;
    }
}
