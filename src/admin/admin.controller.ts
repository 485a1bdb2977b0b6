// The operator's questions over HTTP: how are the subscriptions, what happened to which delivery. Reading only.
import { Controller, Get, Header, Param, Query as QueryParameters } from '@nestjs/common';
import { AdminReads } from './admin-reads';
import { LedgerReads } from './ledger-reads';
import type { RawQuery } from './query';
import { TraceReads } from './trace-reads';

@Controller('admin')
export class AdminController {
  constructor(
    private readonly reads: AdminReads,
    private readonly ledger: LedgerReads,
    private readonly traces: TraceReads,
  ) {}

  @Get('status')
  @Header('Cache-Control', 'no-store')
  status(@QueryParameters() query: RawQuery): Promise<object> {
    return this.reads.status(query);
  }

  @Get('subscriptions')
  @Header('Cache-Control', 'no-store')
  subscriptions(@QueryParameters() query: RawQuery): Promise<object> {
    return this.reads.subscriptions(query);
  }

  @Get('subscriptions/:id')
  @Header('Cache-Control', 'no-store')
  subscription(@Param('id') id: string): Promise<object> {
    return this.reads.subscription(id);
  }

  @Get('deliveries')
  @Header('Cache-Control', 'no-store')
  deliveries(@QueryParameters() query: RawQuery): Promise<object> {
    return this.reads.deliveries(query);
  }

  @Get('deliveries/:subscriptionKey/:eventNumber')
  @Header('Cache-Control', 'no-store')
  delivery(
    @Param('subscriptionKey') subscriptionKey: string,
    @Param('eventNumber') eventNumber: string,
  ): Promise<object> {
    return this.reads.delivery(subscriptionKey, eventNumber);
  }

  @Get('dead-letters')
  @Header('Cache-Control', 'no-store')
  deadLetters(@QueryParameters() query: RawQuery): Promise<object> {
    return this.ledger.deadLetters(query);
  }

  @Get('operator-log')
  @Header('Cache-Control', 'no-store')
  operatorLog(@QueryParameters() query: RawQuery): Promise<object> {
    return this.ledger.operatorLog(query);
  }

  @Get('trace')
  @Header('Cache-Control', 'no-store')
  trace(@QueryParameters() query: RawQuery): Promise<object> {
    return this.traces.trace(query);
  }
}
