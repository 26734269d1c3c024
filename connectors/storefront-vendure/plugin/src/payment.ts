/** Payment by purchase order: authorised, until somebody settles it when the invoice is paid. */
import { LanguageCode, PaymentMethodHandler } from '@vendure/core';

import { isServerSide } from './server-side';

export const HANDLER = 'punchgate-purchase-order';

export const purchaseOrderHandler = new PaymentMethodHandler({
    code: HANDLER,
    description: [{ languageCode: LanguageCode.en, value: 'Purchase order on account (Punchgate)' }],
    args: {},
    createPayment: (_ctx, _order, amount, _args, metadata) => {
        if (!isServerSide() || typeof metadata.number !== 'string') {
            const errorMessage = 'Purchase orders come from your procurement system.';
            return { amount, state: 'Declined' as const, errorMessage, metadata: {} };
        }
        return {
            amount,
            state: 'Authorized' as const,
            transactionId: metadata.number,
            metadata: { public: { purchaseOrder: metadata.number } },
        };
    },
    settlePayment: () => ({ success: true }),
    cancelPayment: () => ({ success: true }),
});
