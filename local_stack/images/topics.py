"""Create the topics of topics.json that Kafka lacks, as the embedded runner does."""

import sys

from embedded.kafka import create_topics

if __name__ == "__main__":
    create_topics(sys.argv[1])
    print(f"topics are there: {sys.argv[1]}")
