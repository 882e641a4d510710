# SPDX-License-Identifier: GPL-3.0-or-later
"""The search: samplers, pruners, storages and the study store. Only this package imports Optuna."""
