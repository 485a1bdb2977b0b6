// /health/live: the process answers. /health/ready: it can do its work; each dependency with status and duration.
import { Controller, Get, Header, HttpCode, Res } from '@nestjs/common';
import { AdminReads } from './admin-reads';

interface Reply {
  code(status: number): unknown;
}

@Controller('health')
export class HealthController {
  constructor(private readonly reads: AdminReads) {}

  @Get(['', 'live'])
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  live(): object {
    return { status: 'up' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<object> {
    const readiness = await this.reads.readiness();
    reply.code(readiness.status === 'not-ready' ? 503 : 200);
    return readiness;
  }
}
