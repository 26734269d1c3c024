/** The plugin's two tables: punchout sessions, and the one-time logins that were made for them. */
import { DeepPartial, EntityId, ID, VendureEntity } from '@vendure/core';
import { Column, Entity, Index } from 'typeorm';

export type SessionMode = 'create' | 'edit' | 'inspect';
export type SessionState = 'open' | 'locked' | 'returned' | 'cancelled';

/** Milliseconds since the epoch: compared inside statements, alike on every database. */
const instant = { type: 'bigint' as const, transformer: { to: (value?: number) => value, from: (value: unknown) => (value == null ? null : Number(value)) } };

@Entity()
export class PunchoutSession extends VendureEntity {
    constructor(input?: DeepPartial<PunchoutSession>) {
        super(input);
    }
    /** Names the session between gateway and shop; opens nothing by itself. */
    @Index({ unique: true }) @Column() code: string;
    /** The gateway's key: the same key is the same session. */
    @Index({ unique: true }) @Column() key: string;
    @Column() mode: SessionMode;
    @Column({ default: 'open' }) state: SessionState;
    /** Whether the shopper locked it by "transfer cart", and the gateway has not come for it yet. */
    @Column({ default: false }) handedOver: boolean;
    /** Grows with every change of lines or state. */
    @Column({ default: 0 }) revision: number;
    @Column(instant) expiresAt: number;
    @Column({ type: 'text' }) returnUrl: string;
    @Column({ type: 'text' }) cancelUrl: string;
    @Column({ default: '' }) shopper: string;
    /** JSON: texts for the shopper. */
    @Column({ type: 'text' }) notices: string;
    /** Part to show first. */
    @Column({ default: '' }) selectedPart: string;
    @EntityId() channelId: ID;
    /** A user without customer account: it may shop in this session and see nothing else. */
    @Index({ unique: true }) @EntityId() userId: ID;
    @Index({ unique: true }) @EntityId() orderId: ID;
    @EntityId() customerId: ID;
}

@Entity()
export class PunchoutLogin extends VendureEntity {
    constructor(input?: DeepPartial<PunchoutLogin>) {
        super(input);
    }
    @Index({ unique: true }) @Column() jti: string;
    @Index() @EntityId() sessionId: ID;
    @Column({ ...instant, nullable: true }) redeemedAt: number | null;
}

export interface Notice {
    severity: 'info' | 'warning' | 'blocking';
    text: string;
}
