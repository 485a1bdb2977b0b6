// GET /metrics in Prometheus's text form. Labels are codes and classes, never a person, a URL or a resource id.
import { Controller, Get, Header } from '@nestjs/common';
import { AdminReads } from './admin-reads';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly reads: AdminReads) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  metrics(): Promise<string> {
    return this.reads.metricsText();
  }
}
