/** What a shop uses of the plugin. */
export { ApiKeyHashing } from './api-key-hashing';
export { punchoutPermission } from './custom-fields';
export type { PunchgateOptions, WebhookOptions } from './options';
export { PunchgatePlugin } from './plugin';
export { SessionsService as PunchoutSessions, STRATEGY } from './sessions.service';
export { webhookBackoff } from './webhook-signature';
