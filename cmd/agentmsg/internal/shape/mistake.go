package shape

import "strings"

// inJSON has the names of a mistake as the wire and the configuration have
// them, for those who have never seen package mockserver.
var inJSON = strings.NewReplacer(
	"mockserver: ", "",
	"which no WithChannel gives", "which is not among the channels",
	"which no WithBluBashChannel gives", "which is not among the bluBashChannels",
	"there is no WithRoute, whose calls alone are Do", "there are no calls of Do here",
	"without WithRateLimit", "without rateLimit",
	"has a URL that is not", "is not",
	" an Op ", " an op ", "a Status ", "a status ", "an Event ", "an event ", "give it a Delay", "give it a delay",
	"an empty ID", "an empty id", "an empty Identifier", "an empty identifier", "without ExternalUserID", "without externalUserId",
	"a WebhookURL", "a webhookUrl", "negative SplitDelay", "negative splitDelay", "negative AggregationBuffer", "negative aggregationBuffer",
)

// Mistake is what package mockserver says of a value, without the names of Go.
// What an option would be is "it": the place says which.
func Mistake(err error) string {
	text := inJSON.Replace(err.Error())
	if option, reason, ok := strings.Cut(text, " "); ok && strings.HasPrefix(option, "With") {
		return "it " + reason
	}
	return text
}
