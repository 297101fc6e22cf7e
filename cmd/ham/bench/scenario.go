package bench

import "context"

// scenario is something that people do.
type scenario interface {
	// prepare makes what the first arrival finds, and starts what goes on beside
	// them all until ctx ends.
	prepare(ctx context.Context) error
	// arrive is one arrival.
	arrive(ctx context.Context, a *arrival) error
	// close ends what prepare has started, once its ctx has ended.
	close()
}

// kind is how a scenario is made and what it wants.
type kind struct {
	begin    func(*world) scenario
	measures string // what the latency is of
	perUser  float64
	because  string // of which perUser is the most arrivals of a person a second
	files    func(Options) files
}

// The limits of the server that hold for everybody, see server.Limits.
const (
	callsOfDevice  = 5 // a second
	codesOfSession = 1
)

var scenarios = map[string]kind{
	"waiting": {
		begin: beginWaiting, files: filesOfWaiting,
		measures: "from the app's approval being sent until the browser's socket says so",
		perUser:  callsOfDevice / 2.0, because: "a Ham app makes two calls for each approval, and may make 5 a second",
	},
	"logins": {
		begin: beginLogins, files: filesOfSockets,
		measures: "of a whole sign-in: page, socket, scan, approval, finish, token",
		perUser:  callsOfDevice / 2.0, because: "a Ham app makes two calls for each sign-in, and may make 5 a second",
	},
	"token": {
		begin: beginToken, files: filesOfRequests,
		measures: "of POST /oauth/token, with a code that was made before",
		perUser:  codesOfSession, because: "a browser session gets one code a second",
	},
	"userinfo": {begin: beginUserinfo, files: filesOfRequests, measures: "of GET /oauth/userinfo, with token and client credentials"},
	"poll":     {begin: beginPoll, files: filesOfRequests, measures: "of one poll of a ticket of Ham Web, at which nothing happens"},
}

func filesOfRequests(o Options) files {
	return files{o.MaxUnderWay + workers, "that many arrivals under way (--max-under-way)"}
}

func filesOfSockets(o Options) files {
	return files{2*o.MaxUnderWay + workers, "that many sign-ins under way (--max-under-way)"}
}

func filesOfWaiting(o Options) files {
	return files{o.Users + min(o.MaxUnderWay, o.Users) + 2*workers, "that many waiting desktops (--users)"}
}
