// Package config holds the commands about the configuration and what it sets up:
// config, trust, provider and doctor.
package config
