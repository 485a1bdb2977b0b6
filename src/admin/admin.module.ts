// Wiring only: the operator's pages on the HTTP server that rest has made.
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AdminCommands } from './admin-commands';
import { AdminController } from './admin.controller';
import { AdminReads } from './admin-reads';
import type { AdminDeps } from './admin-reads';
import { CommandsController } from './commands.controller';
import { HealthController } from './health.controller';
import { LedgerReads } from './ledger-reads';
import { MetricsController } from './metrics.controller';
import { ReindexCommands, type ReindexCommandDeps } from './reindex-commands';
import { TraceReads, type TraceDeps } from './trace-reads';

@Module({})
export class AdminModule {
  static register(deps: AdminDeps & TraceDeps & ReindexCommandDeps): DynamicModule {
    return {
      module: AdminModule,
      controllers: [AdminController, CommandsController, HealthController, MetricsController],
      providers: [
        { provide: AdminReads, useValue: new AdminReads(deps) },
        { provide: LedgerReads, useValue: new LedgerReads(deps) },
        { provide: TraceReads, useValue: new TraceReads(deps) },
        { provide: ReindexCommands, useValue: new ReindexCommands(deps) },
        { provide: AdminCommands, useValue: new AdminCommands(deps) },
      ],
    };
  }
}
