/** The plain storefront that comes with the plugin, and the script that any storefront can use. */
import { Controller, Get, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import * as path from 'path';

import { OPTIONS, ResolvedOptions } from './options';

/** The little of an HTTP answer that is needed here. */
interface Answer {
    setHeader(name: string, value: string): void;
    sendFile(file: string, options: { root: string }): void;
}

const FOLDER = path.join(__dirname, '..', 'public');
const FILES = ['punchout.js', 'shop.js', 'shop.css'];

@Controller('punchout')
export class StorefrontController {
    constructor(@Inject(OPTIONS) private options: ResolvedOptions) {}

    @Get('shop')
    page(@Res() answer: Answer): void {
        const policy = [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            `frame-ancestors ${this.options.frameAncestors}`,
        ];
        answer.setHeader('content-security-policy', policy.join('; '));
        this.send(answer, 'shop.html');
    }

    @Get('assets/:file')
    asset(@Res() answer: Answer, @Param('file') file: string): void {
        if (!FILES.includes(file)) throw new NotFoundException();
        this.send(answer, file);
    }

    private send(answer: Answer, file: string): void {
        answer.setHeader('cache-control', 'no-store');
        answer.setHeader('referrer-policy', 'no-referrer');
        answer.setHeader('x-content-type-options', 'nosniff');
        // Below a root: a dot somewhere above it is not express's business.
        answer.sendFile(file, { root: FOLDER });
    }
}
