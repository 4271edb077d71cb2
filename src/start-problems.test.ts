import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnknownOutcome } from './platform/outcome.ts'
import { LockHeld } from './platform/process-lock.ts'
import { startProblemOf } from './start-problems.ts'

const lost = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })

test('a database that did not answer is the problem, also behind a migration or a commit; a bug has none and shows its stack', () => {
  for (const error of [lost, new UnknownOutcome('the answer to commit was lost', { cause: lost }), new Error('migration seat/001-seat failed', { cause: lost })])
    assert.match(startProblemOf(error) ?? '', /^- DATABASE_URL: .+$/)
  assert.equal(startProblemOf(new Error('migration seat/001-seat failed', { cause: new TypeError('x is not a function') })), undefined)
  assert.equal(startProblemOf(new TypeError('x is not a function')), undefined)
})

test('whoever finds the database taken says so in a sentence, alone or with others', () => {
  for (const shared of [false, true]) assert.match(startProblemOf(new LockHeld(shared)) ?? '', /^- an.* Openrun process .*Stop it first/)
})
