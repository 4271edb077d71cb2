import { Admin } from '@platformatic/kafka'

/** A small broker holds only so many partitions: tests take their topics away again. */
export async function deleteTopics(brokers: string, prefix: string): Promise<void> {
  const admin = new Admin({ clientId: prefix, bootstrapBrokers: brokers.split(',') })
  try {
    await admin.deleteTopics({ topics: (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`)) })
  } finally {
    await admin.close()
  }
}
