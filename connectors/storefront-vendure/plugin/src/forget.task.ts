/** Removes what nobody asks for any more, once a night. Runs where the shop has a scheduler. */
import { RequestContextService, ScheduledTask } from '@vendure/core';

import { OPTIONS, ResolvedOptions } from './options';
import { SessionsService } from './sessions.service';

const DAY_MS = 24 * 3600 * 1000;
/** So many at a time: a shop that was busy is tidied over several nights rather than in one long run. */
const MOST = 5000;

export const forgetTask = new ScheduledTask({
    id: 'punchgate-forget-sessions',
    description: 'Removes punchout sessions that were over long ago, with their carts',
    schedule: cron => cron.everyDayAt(3, 20),
    async execute({ injector }) {
        const { keepDays } = injector.get<ResolvedOptions>(OPTIONS);
        const ctx = await injector.get(RequestContextService).create({ apiType: 'admin' });
        const before = new Date(Date.now() - keepDays * DAY_MS);
        return { removed: await injector.get(SessionsService).forget(ctx, before, MOST) };
    },
});
