// Wiring only: the operator's pages on the HTTP server that rest has made.
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AdminController } from './admin.controller';
import { AdminReads } from './admin-reads';
import type { AdminDeps } from './admin-reads';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';

@Module({})
export class AdminModule {
  static register(deps: AdminDeps): DynamicModule {
    return {
      module: AdminModule,
      controllers: [AdminController, HealthController, MetricsController],
      providers: [{ provide: AdminReads, useValue: new AdminReads(deps) }],
    };
  }
}
