// Package bench loads a server and measures it, for operators who size their
// machines. It knows the server as a stranger does: by its addresses, with
// accounts that it is given.
//
//	target ─▶ world ─▶ scenario ─▶ load ─▶ recorder ─▶ Report ─▶ text, JSON, HTML
//	 where    what is   what one    when     what came   numbers
//	 to       needed    arrival     each     of each
//	          there     does        begins
//
// The load is open: the time of every arrival is fixed before the first one, as
// people come to a server without asking how it fares. An arrival's latency is
// counted from that time, so that a server which stalls for a second is charged
// for all who would have come in that second, and not only for the one that
// was there (what is known as coordinated omission). An arrival that finds too
// many under way is not put off: it is counted as not started.
//
// It loads nothing but this machine, or servers that say that they may be
// loaded: see Target.
package bench
