"""A Kafka cluster on this computer, for the tests: the one that librdkafka brings along to test itself.

kafka_broker.py TOPIC...

Makes the topics, prints the addresses of its brokers once they listen, and ends with its standard input.
"""

import sys

from confluent_kafka import Producer

producer = Producer({"test.mock.num.brokers": 3, "log_level": 0})
brokers = producer.list_topics(timeout=10).brokers.values()
for topic in sys.argv[1:]:
    producer.list_topics(topic, timeout=10)
print(",".join(f"{broker.host}:{broker.port}" for broker in brokers), flush=True)
sys.stdin.read()
