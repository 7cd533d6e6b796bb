// Package rules is being written.
package rules
