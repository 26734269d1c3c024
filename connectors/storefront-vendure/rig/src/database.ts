/** Where the shop keeps what it knows: a file of SQLite, or a database of its own on a PostgreSQL. */
import { DataSource, DataSourceOptions } from 'typeorm';

/** Whether no server of PostgreSQL is told. */
export const isSqlite = !process.env.SHOP_POSTGRES_URL;

type Postgres = Extract<DataSourceOptions, { type: 'postgres' }>;
type Sqlite = Extract<DataSourceOptions, { type: 'better-sqlite3' }>;

/** `postgres://USER@HOST/DATABASE`; `?host=FOLDER` is the folder of its socket. */
function server(address: string): Postgres {
    const url = new URL(address);
    return {
        type: 'postgres',
        host: url.searchParams.get('host') ?? url.hostname,
        port: Number(url.port || 5432),
        username: decodeURIComponent(url.username),
        password: decodeURIComponent(url.password) || undefined,
        database: decodeURIComponent(url.pathname.slice(1)),
    };
}

/** The shop's database: a file's path, or a name if `SHOP_POSTGRES_URL` tells a server. */
export function database(name: string, synchronize: boolean): Postgres | Sqlite {
    const address = process.env.SHOP_POSTGRES_URL;
    if (!address) return { type: 'better-sqlite3', database: name, synchronize, logging: false };
    return { ...server(address), database: name, synchronize, logging: false };
}

/** Makes it empty on a PostgreSQL; a file is its caller's. */
export async function createAfresh(name: string): Promise<void> {
    const address = process.env.SHOP_POSTGRES_URL;
    if (!address) return;
    const source = await new DataSource(server(address)).initialize();
    try {
        await source.query(`DROP DATABASE IF EXISTS "${name}"`);
        await source.query(`CREATE DATABASE "${name}"`);
    } finally {
        await source.destroy();
    }
}
