/** The inputs and answers of the Admin API, as `admin-api` declares them in GraphQL. */
import { ID } from '@vendure/core';

export interface FillLineInput {
    line: number;
    sku: string;
    quantity: string;
    unit?: string | null;
    auxiliaryId?: string | null;
}

export interface RefusedLine {
    line: number;
    code: 'unknown_part' | 'not_available' | 'unit' | 'quantity';
    message: string;
}

export interface AddressInput {
    name?: string | null;
    company?: string | null;
    street: string[];
    city?: string | null;
    region?: string | null;
    postalCode?: string | null;
    country?: string | null;
    phone?: string | null;
}

export interface CartLine {
    auxiliaryId: string;
    sku: string;
    name: string;
    quantity: number;
    unit: string;
    unitPrice: number;
    linePrice: number;
    unspsc: string | null;
    manufacturer: string | null;
    manufacturerPartId: string | null;
    leadTimeDays: number | null;
    imageUrl: string | null;
}

export interface Cart {
    id: string;
    session: string;
    mode: string;
    state: string;
    revision: number;
    currency: string;
    decimals: number;
    language: string;
    lines: CartLine[];
    subTotal: number;
    shipping: number | null;
    shippingName: string | null;
    tax: number | null;
    refused: RefusedLine[];
}

export interface OrderLineInput {
    line: number;
    sku: string;
    quantity: string;
    unit: string;
    unitPrice: string;
    priceBasis?: string | null;
    auxiliaryId?: string | null;
}

export interface PlaceInput {
    reference: string;
    account: string;
    number: string;
    currency: string;
    terms?: string | null;
    test: boolean;
    shipTo?: AddressInput | null;
    billTo?: AddressInput | null;
    /** Zero where the purchase order states none. */
    freight: string;
    comments: string[];
    lines: OrderLineInput[];
}

export interface PlacedLine {
    line: number;
    sku: string;
    unit: string;
    ordered: number;
    shipped: number;
    cancelled: number;
}

export interface PlacedOrder {
    id: ID;
    code: string;
    reference: string;
    number: string | null;
    account: string | null;
    state: string;
    createdAt: string;
    currency: string;
    decimals: number;
    subTotal: number;
    payment: 'none' | 'authorised' | 'paid';
    lines: PlacedLine[];
}

export interface Cancellation {
    outcome: 'cancelled' | 'rejected' | 'unknown';
    order: PlacedOrder | null;
    code: string | null;
    message: string | null;
}

export interface Placement {
    outcome: 'created' | 'existing' | 'rejected';
    order: PlacedOrder | null;
    code: string | null;
    message: string | null;
    field: string | null;
}
