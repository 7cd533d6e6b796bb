// Package claim holds what people say of components against what was measured: "db: healthy" is confirmed, contradicted, or
// cannot be told. It is as strict with a claim of health as with one of trouble: healthy is only who was measured, in what
// users feel and in the resources that matter, and found as usual; what is not measured is named.
//
// Being well and not being the cause are two things. A component that is slow because of what it needs is not healthy, and
// not to blame; one whose processor idles may be to blame all the same, for a queue at its volume.
//
// Everything here is a function of its arguments.
package claim
