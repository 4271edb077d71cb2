import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import { createAnswerTimes, secondsBuckets } from './answer-times.ts'

export type Metrics = ReturnType<typeof createMetrics>

/** The process's Prometheus registry and the instruments of the platform; names are `openrun_…`. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    httpSeconds: createAnswerTimes('openrun_http_request_seconds', 'Time to answer', registry),
    refusals: new Counter({ name: 'openrun_refusals_total', help: 'Refusals by code', labelNames: ['code'], registers }),
    rateLimited: new Counter({ name: 'openrun_rate_limited_total', help: 'Requests refused for their rate', labelNames: ['class', 'by'], registers }),
    connectionsRefused: new Counter({ name: 'openrun_connections_refused_total', help: 'Connections closed at once because too many were open', registers }),
    rateUnchecked: new Counter({ name: 'openrun_rate_unchecked_total', help: 'Takes that passed unchecked because Redis was away', registers }),
    linePositions: new Counter({ name: 'openrun_line_positions_total', help: 'Positions in line by who counted them: a copy in memory or redis, or sql', labelNames: ['source'], registers }),
    lineRebuildSeconds: new Histogram({ name: 'openrun_line_rebuild_seconds', help: 'Time to make the copy of a line', labelNames: ['kept'], buckets: secondsBuckets, registers }),
    callbacks: new Counter({ name: 'openrun_provider_callbacks_total', help: 'Callbacks of payment providers by what they did: settled, known, unknown, different, invalid, late', labelNames: ['effect'], registers }),
    callbacksWaiting: new Gauge({ name: 'openrun_provider_callbacks_waiting', help: 'Callbacks that wait for room', registers }),
    jobSeconds: new Histogram({ name: 'openrun_job_seconds', help: 'Time of a job run', labelNames: ['job'], buckets: secondsBuckets, registers }),
    jobErrors: new Counter({ name: 'openrun_job_errors_total', help: 'Failed job runs', labelNames: ['job'], registers }),
    eventsPublished: new Counter({ name: 'openrun_events_published_total', help: 'Events that left an outbox', registers }),
    eventsParked: new Counter({ name: 'openrun_events_parked_total', help: 'Events parked after too many failures', labelNames: ['subscriber'], registers }),
    parkedMessages: new Gauge({ name: 'openrun_parked_messages', help: 'Messages that are parked now; `npm run parked` shows them', labelNames: ['subscriber'], registers }),
    outboxWaiting: new Gauge({ name: 'openrun_outbox_waiting', help: 'Events of a service that nobody was told of yet', labelNames: ['producer'], registers }),
    consumerLag: new Gauge({ name: 'openrun_consumer_lag', help: 'Events in Kafka that a service has not passed yet; the last known one while no broker answers', labelNames: ['subscriber'], registers }),
    databaseConnections: new Gauge({ name: 'openrun_database_connections', help: 'Connections of the pool', labelNames: ['state'], registers }),
    breakerOpen: new Gauge({ name: 'openrun_breaker_open', help: 'Replicas of a service that calls are not tried at, for they did not answer', labelNames: ['service'], registers }),
    liveLost: new Counter({ name: 'openrun_live_lost_total', help: 'Live news that other processes did not hear because Redis was away', registers }),
    streamClients: new Gauge({ name: 'openrun_stream_clients', help: 'Open streams (SSE)', labelNames: ['kind'], registers }),
    streamFrames: new Counter({ name: 'openrun_stream_frames_total', help: 'Frames written to streams', labelNames: ['kind'], registers }),
    streamDropped: new Counter({ name: 'openrun_stream_dropped_total', help: 'Streams ended because their reader was too slow', labelNames: ['kind'], registers }),
    streamRefused: new Counter({ name: 'openrun_stream_refused_total', help: 'Streams refused because too many were open', labelNames: ['by'], registers }),
    broadcastSeconds: new Histogram({ name: 'openrun_broadcast_seconds', help: 'From the first to the last reader of one frame', labelNames: ['kind'], buckets: secondsBuckets, registers }),
    clockDoubt: new Gauge({ name: 'openrun_clock_doubt_seconds', help: 'Uncertainty against the clock of the database', registers }),
  }
}
