# SPDX-License-Identifier: GPL-3.0-or-later
"""The search: the only room that knows Optuna. Samplers, pruners, storages, and the study store behind ask and tell."""
