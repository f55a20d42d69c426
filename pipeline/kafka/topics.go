package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"

	"foghorn/pipeline"
)

// TopicMismatchError says that a topic exists with other settings than wanted, in a way
// that Foghorn cannot work with and does not change by itself.
type TopicMismatchError struct {
	Topic, Setting string
	Want, Have     string
}

// Error names the topic, what is wanted and what is there.
func (e *TopicMismatchError) Error() string {
	return fmt.Sprintf("topic %s: %s is %s, want %s: change the topic or the configuration", e.Topic, e.Setting, e.Have, e.Want)
}

// EnsureTopics makes the topics that are absent, with their settings, and checks those
// that are present: another number of partitions or another cleanup.policy is a
// *TopicMismatchError, any other setting that differs a warning. It waits for absent
// brokers until ctx ends. replication is lowered to the number of brokers there are; with
// three or more replicas min.insync.replicas is 2 unless the spec sets it. It returns when
// every partition has a leader.
func (c *Client) EnsureTopics(ctx context.Context, specs []pipeline.TopicSpec, replication int) error {
	err := c.retry(ctx, "topics", "to be made", func(ctx context.Context) error {
		return c.createAbsent(ctx, specs, replication)
	})
	if err != nil {
		return fmt.Errorf("make topics: %w", err)
	}
	err = c.retry(ctx, "settings of", "topics", func(ctx context.Context) error {
		return c.checkTopics(ctx, specs)
	})
	if err != nil {
		return fmt.Errorf("check topics: %w", err)
	}
	return nil
}

// Find returns how many partitions topic has, 0 when it is absent. It waits for absent
// brokers until ctx ends.
func (c *Client) Find(ctx context.Context, topic string) (partitions int, err error) {
	err = c.retry(ctx, "topic", topic, func(ctx context.Context) error {
		c.transport.CloseIdleConnections() // ask for the layout of now
		t, err := c.topic(ctx, topic)
		if errors.Is(err, kafka.UnknownTopicOrPartition) {
			return nil
		}
		partitions = len(t.Partitions)
		return err
	})
	return partitions, err
}

// createAbsent returns nil when all topics are there and have leaders.
func (c *Client) createAbsent(ctx context.Context, specs []pipeline.TopicSpec, replication int) error {
	c.transport.CloseIdleConnections() // ask for the layout of now
	md, err := c.api.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	replicas := max(min(replication, len(md.Brokers)), 1)
	var absent []kafka.TopicConfig
	for _, spec := range specs {
		i := slices.IndexFunc(md.Topics, func(t kafka.Topic) bool { return t.Name == spec.Name })
		if i < 0 {
			absent = append(absent, topicConfig(spec, replicas))
			continue
		}
		for _, p := range md.Topics[i].Partitions {
			if p.Error != nil {
				return fmt.Errorf("topic %s, partition %d: %w", spec.Name, p.ID, p.Error)
			}
		}
	}
	if len(absent) == 0 {
		return nil
	}
	if replicas < replication {
		c.log.Warn().Int("wanted", replication).Int("brokers", len(md.Brokers)).Msg("topics made with fewer replicas than wanted")
	}
	res, err := c.api.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: absent})
	if err != nil {
		return err
	}
	for _, t := range absent {
		if err := creationFault(t.Topic, res.Errors[t.Topic]); err != nil {
			return err
		}
		c.log.Info().Str("topic", t.Topic).Int("partitions", t.NumPartitions).Int("replicas", replicas).Msg("topic made")
	}
	return errSoon // they are being made
}

func topicConfig(spec pipeline.TopicSpec, replicas int) kafka.TopicConfig {
	t := kafka.TopicConfig{Topic: spec.Name, NumPartitions: spec.Partitions, ReplicationFactor: replicas}
	for name, value := range spec.Settings {
		t.ConfigEntries = append(t.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	if _, set := spec.Settings["min.insync.replicas"]; !set && replicas >= 3 {
		t.ConfigEntries = append(t.ConfigEntries, kafka.ConfigEntry{ConfigName: "min.insync.replicas", ConfigValue: "2"})
	}
	return t
}

func creationFault(topic string, err error) error {
	if err == nil || errors.Is(err, kafka.TopicAlreadyExists) {
		return nil
	}
	named := fmt.Errorf("topic %s: %w", topic, err)
	for _, e := range []kafka.Error{
		kafka.InvalidTopic, kafka.InvalidConfiguration, kafka.InvalidPartitionNumber, kafka.PolicyViolation,
		kafka.InvalidRequest, kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed,
	} {
		if errors.Is(err, e) {
			return errPermanent{named}
		}
	}
	return named
}

func (c *Client) checkTopics(ctx context.Context, specs []pipeline.TopicSpec) error {
	req := &kafka.DescribeConfigsRequest{}
	for _, spec := range specs {
		t, err := c.topic(ctx, spec.Name)
		if err != nil {
			return err
		}
		if n := len(t.Partitions); n != spec.Partitions {
			return errPermanent{&TopicMismatchError{spec.Name, "number of partitions", fmt.Sprint(spec.Partitions), fmt.Sprint(n)}}
		}
		r := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: spec.Name}
		for name := range spec.Settings {
			r.ConfigNames = append(r.ConfigNames, name)
		}
		req.Resources = append(req.Resources, r)
	}
	res, err := c.api.DescribeConfigs(ctx, req)
	if err != nil {
		return err
	}
	for _, r := range res.Resources {
		if r.Error != nil {
			return fmt.Errorf("settings of topic %s: %w", r.ResourceName, r.Error)
		}
		i := slices.IndexFunc(specs, func(s pipeline.TopicSpec) bool { return s.Name == r.ResourceName })
		if i < 0 {
			continue
		}
		for _, e := range r.ConfigEntries {
			want, asked := specs[i].Settings[e.ConfigName]
			switch {
			case !asked || want == e.ConfigValue:
			case e.ConfigName == "cleanup.policy":
				return errPermanent{&TopicMismatchError{r.ResourceName, e.ConfigName, want, e.ConfigValue}}
			default:
				c.log.Warn().Str("topic", r.ResourceName).Str("setting", e.ConfigName).
					Str("want", want).Str("have", e.ConfigValue).Msg("topic setting differs")
			}
		}
	}
	return nil
}
