/**
 * What a browser in a punchout session may change: the lines of its cart, and nothing else. Vendure asks nobody
 * before it takes a coupon, an address or another currency, all of which change what a cart costs.
 */
import { CallHandler, ExecutionContext, Inject, Injectable, NestInterceptor } from '@nestjs/common';
import { internal_getRequestContext, parseContext, UserInputError } from '@vendure/core';

import { OPTIONS, ResolvedOptions } from './options';
import { STRATEGY } from './sessions.service';

const ALLOWED = [
    'addItemToOrder', 'addItemsToOrder', 'adjustOrderLine', 'removeOrderLine', 'removeAllOrderLines',
    'transferPunchoutCart', 'resumePunchoutCart', 'leavePunchout', 'authenticate', 'logout',
    // Refused by the order process, in words about punchout.
    'transitionOrderToState',
];

@Injectable()
export class ShopperInterceptor implements NestInterceptor {
    private readonly allowed: Set<string>;

    constructor(@Inject(OPTIONS) options: ResolvedOptions) {
        this.allowed = new Set([...ALLOWED, ...options.allowedMutations]);
    }

    intercept(context: ExecutionContext, next: CallHandler) {
        const { info, req, isGraphQL } = parseContext(context);
        if (isGraphQL && info?.parentType.name === 'Mutation' && !this.allowed.has(info.fieldName)) {
            const ctx = internal_getRequestContext(req, context);
            if (ctx?.apiType === 'shop' && ctx.session?.authenticationStrategy === STRATEGY) {
                throw new UserInputError(`${info.fieldName} is closed in a punchout session.`);
            }
        }
        return next.handle();
    }
}
