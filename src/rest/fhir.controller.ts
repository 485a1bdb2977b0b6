// One generic controller for all resource types and interactions: the address is read by route.ts, as it is for Bundle entries.
import { All, Controller, Req, Res } from '@nestjs/common';
import { FhirEndpoint } from './fhir-endpoint';
import type { HttpReply, HttpRequest } from './http';

@Controller('fhir')
export class FhirController {
  constructor(private readonly endpoint: FhirEndpoint) {}

  @All(['', '*'])
  async answer(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    await this.endpoint.answer(request, reply);
  }
}
