"""Reads a topic from its beginning with librdkafka, and prints each message as a line of JSON.

read_kafka.py ADDRESS TOPIC
"""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

address, topic = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": address,
        "group.id": "reader",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
    }
)
partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
ended = set()
while len(ended) < len(partitions):
    message = consumer.poll(20)
    if message is None:
        sys.exit("the broker does not answer")
    if message.error():
        if message.error().code() != KafkaError._PARTITION_EOF:
            sys.exit(str(message.error()))
        ended.add(message.partition())
        continue
    print(
        json.dumps(
            {
                "partition": message.partition(),
                "offset": message.offset(),
                "key": message.key().decode(),
                "headers": {name: value.decode() for name, value in message.headers() or []},
                "value": message.value().decode(),
            }
        )
    )
consumer.close()
