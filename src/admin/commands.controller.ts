// The operator's commands over HTTP. Each takes a reason; with an Idempotency-Key it may be sent again without harm.
import { Controller, Get, Header, HttpCode, Param, Post, Query as QueryParameters, Req } from '@nestjs/common';
import { AdminCommands } from './admin-commands';
import type { CommandRequest } from './command';
import type { RawQuery } from './query';
import { ReindexCommands } from './reindex-commands';

@Controller('admin')
export class CommandsController {
  constructor(
    private readonly commands: AdminCommands,
    private readonly reindexing: ReindexCommands,
  ) {}

  @Post('deliveries/:subscriptionKey/:eventNumber/resend')
  @HttpCode(202)
  @Header('Cache-Control', 'no-store')
  resend(
    @Req() request: CommandRequest,
    @Param('subscriptionKey') subscriptionKey: string,
    @Param('eventNumber') eventNumber: string,
  ): Promise<object> {
    return this.commands.resend(request, subscriptionKey, eventNumber);
  }

  @Post('dead-letters/redrive')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  redrive(@Req() request: CommandRequest): Promise<object> {
    return this.commands.deadLetters(request, 'redrive');
  }

  @Post('dead-letters/discard')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  discard(@Req() request: CommandRequest): Promise<object> {
    return this.commands.deadLetters(request, 'discard');
  }

  @Post('subscriptions/:id/pause')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  pause(@Req() request: CommandRequest, @Param('id') id: string): Promise<object> {
    return this.commands.pause(request, id);
  }

  @Post('subscriptions/:id/resume')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  resume(@Req() request: CommandRequest, @Param('id') id: string): Promise<object> {
    return this.commands.resume(request, id);
  }

  @Post('subscriptions/:id/probe')
  @HttpCode(202)
  @Header('Cache-Control', 'no-store')
  probe(@Req() request: CommandRequest, @Param('id') id: string): Promise<object> {
    return this.commands.probe(request, id);
  }

  @Post('subscriptions/:id/test')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  test(@Req() request: CommandRequest, @Param('id') id: string): Promise<object> {
    return this.commands.test(request, id);
  }

  @Post('subscriptions/:id/unblock')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  unblock(@Req() request: CommandRequest, @Param('id') id: string): Promise<object> {
    return this.commands.unblock(request, id);
  }

  @Post('$reindex')
  @HttpCode(202)
  @Header('Cache-Control', 'no-store')
  reindex(@Req() request: CommandRequest): Promise<object> {
    return this.reindexing.request(request);
  }

  @Get('$reindex')
  @Header('Cache-Control', 'no-store')
  reindexProgress(@QueryParameters() query: RawQuery): Promise<object> {
    return this.reindexing.progress(query);
  }
}
