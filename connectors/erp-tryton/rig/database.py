"""Makes an empty PostgreSQL database: python database.py ADDRESS NAME [--fresh]. --fresh drops it first."""
import sys

import psycopg
from psycopg import sql

address, name = sys.argv[1:3]
with psycopg.connect(address, dbname='postgres', autocommit=True) as connection:
    if '--fresh' in sys.argv:
        connection.execute(sql.SQL('DROP DATABASE IF EXISTS {}').format(sql.Identifier(name)))
    if not connection.execute('SELECT 1 FROM pg_database WHERE datname = %s', [name]).fetchone():
        connection.execute(sql.SQL('CREATE DATABASE {}').format(sql.Identifier(name)))
